#include "attempt/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/resolve.h"

#define ATTEMPT_CONNECT_DELAY (250 * CLOCK_MS) /* RFC 8305, 5: the head start of one address over the next */
#define ATTEMPT_REPLY_DELAY   (1 * CLOCK_S)    /* the same for a peer that is connected and thinks */
#define ATTEMPT_ASK_AGAIN     (1 * CLOCK_S)    /* while nobody answers: the name may lead elsewhere by now */

/* One address in the race. */
struct attempt_runner {
	struct attempt *attempt;
	struct probe *probe; /* NULL: over */
	const struct endpoint *endpoint;
	struct place place;
	bool waited_for_reply;
};

struct attempt {
	struct loop *loop;
	const struct target *target;
	struct resolve **lookups; /* one for each endpoint */
	struct attempt_runner **runners;
	size_t runner_count, running;
	bool thorough;          /* waits for every look-up */
	enum outcome_kind last; /* how the last attempt ended */
	int64_t deadline, waited;
	struct loop_timer next;  /* starts the next address */
	struct loop_timer again; /* asks for the name again */
	struct loop_timer limit; /* ends the attempt where no probe does: in the look-up */
	struct outcome best;
	struct place best_place;
	void (*done)(void *arg, const struct outcome *outcome, const struct place *place);
	void *arg;
};

static void attempt_place(struct place *place, const struct endpoint *endpoint, const struct resolve_address *address)
{
	*place = place_of(endpoint);
	place->from_variable = address->from_variable;
	address_text(&address->address, place->address, sizeof(place->address));
}

static void attempt_clear(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->runner_count; i++) {
		probe_free(attempt->runners[i]->probe);
		free(attempt->runners[i]);
	}
	attempt->runner_count = attempt->running = 0;
	loop_timer_clear(&attempt->next);
	loop_timer_clear(&attempt->again);
	loop_timer_clear(&attempt->limit);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_leave(attempt->lookups[i]);
}

static void attempt_finish(struct attempt *attempt)
{
	struct outcome outcome = attempt->best;
	struct place place = attempt->best_place;

	attempt->last = outcome.kind;
	attempt_clear(attempt);
	attempt->done(attempt->arg, &outcome, &place); /* may start the next */
}

static void attempt_note(struct attempt *attempt, const struct outcome *outcome, const struct place *place)
{
	if (outcome_better(&attempt->best, outcome) == outcome) {
		attempt->best = *outcome;
		attempt->best_place = *place;
	}
}

/* The address-th of all endpoints' addresses, in turn; NULL when there are not that many (yet). */
static const struct resolve_address *attempt_address(const struct attempt *attempt, size_t wanted,
						     const struct endpoint **endpoint)
{
	for (size_t i = 0; i < attempt->target->endpoint_count; i++) {
		size_t count;
		const struct resolve_address *list = resolve_addresses(attempt->lookups[i], &count);

		if (wanted < count) {
			*endpoint = &attempt->target->endpoints[i];
			return &list[wanted];
		}
		wanted -= count;
	}
	return NULL;
}

/* Was that address tried in this attempt? Lists of several endpoints grow in the middle, so places are compared. */
static bool attempt_has_tried(const struct attempt *attempt, const struct endpoint *endpoint,
			      const struct resolve_address *address)
{
	struct place place;

	attempt_place(&place, endpoint, address);
	for (size_t i = 0; i < attempt->runner_count; i++)
		if (attempt->runners[i]->endpoint == endpoint &&
		    strcmp(attempt->runners[i]->place.address, place.address) == 0)
			return true;
	return false;
}

/* The family that was tried last at this endpoint; AF_UNSPEC when none was. */
static int attempt_last_family(const struct attempt *attempt, const struct endpoint *endpoint)
{
	const struct attempt_runner *last = attempt->runner_count ? attempt->runners[attempt->runner_count - 1] : NULL;

	if (!last || last->endpoint != endpoint)
		return AF_UNSPEC;
	return target_host_family(last->place.address);
}

/*
 * The first address that was not tried, or the first of its endpoint in the other family than the last one's: A may
 * be answered long after AAAA, and one dead family must cost one head start, not one for each address (RFC 8305, 4).
 */
static const struct resolve_address *attempt_next_address(const struct attempt *attempt,
							  const struct endpoint **endpoint)
{
	const struct resolve_address *address, *first = NULL;
	const struct endpoint *owner;

	for (size_t i = 0; (address = attempt_address(attempt, i, &owner)); i++) {
		if (attempt_has_tried(attempt, owner, address) || (first && owner != *endpoint))
			continue;
		if (!first) {
			first = address;
			*endpoint = owner;
		}
		if (address->address.any.sa_family != attempt_last_family(attempt, owner))
			return address;
	}
	return first;
}

static int64_t attempt_time_left(const struct attempt *attempt)
{
	int64_t left = attempt->deadline - clock_now();

	return left > 0 ? left : 0;
}

static void attempt_go_on(struct attempt *attempt);

static void attempt_on_probe(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct attempt_runner *runner = arg;
	struct attempt *attempt = runner->attempt;

	runner->probe = NULL;
	probe_free(probe);
	attempt->running--;
	attempt_note(attempt, outcome, &runner->place);
	if (outcome->kind == OUTCOME_READY) {
		attempt_finish(attempt);
		return;
	}
	loop_timer_clear(&attempt->next);
	attempt_go_on(attempt);
}

static void attempt_run(struct attempt *attempt, const struct endpoint *endpoint, const struct resolve_address *address)
{
	struct attempt_runner *runner = alloc_zero(1, sizeof(*runner));

	runner->attempt = attempt;
	runner->endpoint = endpoint;
	attempt_place(&runner->place, endpoint, address);
	attempt->runners = alloc_resize(attempt->runners, attempt->runner_count + 1, sizeof(struct attempt_runner *));
	attempt->runners[attempt->runner_count++] = runner;
	attempt->running++;
	runner->probe = probe_new(attempt->loop, attempt->target, endpoint, &address->address,
				  attempt_time_left(attempt), attempt_on_probe, runner);
	runner->probe->was_down = outcome_info(attempt->last)->layer == OUTCOME_CONNECT;
	runner->probe->was_refused = attempt->last == OUTCOME_REFUSED;
	loop_timer_clear(&attempt->limit);
	loop_timer_set(&attempt->next, ATTEMPT_CONNECT_DELAY);
	probe_start(runner->probe);
}

/* Will more addresses come? Where not, and there are none, says why. */
static bool attempt_awaits_addresses(struct attempt *attempt)
{
	bool awaits = false;

	for (size_t i = 0; i < attempt->target->endpoint_count; i++) {
		struct outcome outcome;
		const struct place nowhere = place_of(&attempt->target->endpoints[i]);

		if (!resolve_is_over(attempt->lookups[i], &outcome))
			awaits = true;
		else if (outcome.kind != OUTCOME_READY)
			attempt_note(attempt, &outcome, &nowhere);
	}
	return awaits;
}

/* Starts the next address if its time has come; finishes when nothing is left to hope for. */
static void attempt_go_on(struct attempt *attempt)
{
	const struct endpoint *endpoint;
	const struct resolve_address *address;
	bool awaits;

	if (loop_timer_is_set(&attempt->next))
		return; /* the head start of the last one */
	address = attempt_next_address(attempt, &endpoint);
	if (address) {
		attempt_run(attempt, endpoint, address);
		return;
	}
	awaits = attempt_awaits_addresses(attempt);
	/*
	 * An answer that is still out is not waited for once an address was tried, since AAAA may be lost for ever
	 * (FACTS 13), and is used by the next attempt.
	 */
	if (attempt->running == 0 && (!awaits || (attempt->runner_count && !attempt->thorough)))
		attempt_finish(attempt);
	else if (attempt->running == 0)
		loop_timer_set(&attempt->limit, attempt_time_left(attempt)); /* no probe's own deadline ends it */
}

static void attempt_on_next(void *arg)
{
	struct attempt *attempt = arg;
	struct attempt_runner *last = attempt->runners[attempt->runner_count - 1];

	/* A peer that is connected is given more time: a second connection would cost a server more than it tells us. */
	if (last->probe && probe_is_connected(last->probe) && !last->waited_for_reply) {
		last->waited_for_reply = true;
		loop_timer_set(&attempt->next, ATTEMPT_REPLY_DELAY - ATTEMPT_CONNECT_DELAY);
		return;
	}
	attempt_go_on(attempt);
}

static void attempt_look_up(struct attempt *attempt);

/* A connection that hangs may go to an address that was the peer's before it was restarted (FACTS 10, 18). */
static void attempt_on_again(void *arg)
{
	struct attempt *attempt = arg;

	attempt_look_up(attempt);
	loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
}

static void attempt_on_news(void *arg)
{
	attempt_go_on(arg);
}

static void attempt_look_up(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_start(attempt->lookups[i], attempt->waited, attempt_on_news, attempt);
}

/* The time is up, and no address is being tried. */
static void attempt_on_limit(void *arg)
{
	struct attempt *attempt = arg;
	const struct place nowhere = place_of(attempt->target->endpoints);
	struct outcome outcome = attempt_awaits_addresses(attempt)
					 ? outcome_make(OUTCOME_DNS_SILENT, NULL)
					 : outcome_make(OUTCOME_LOCAL, "there was no time left");

	attempt_note(attempt, &outcome, &nowhere);
	attempt_finish(attempt);
}

struct attempt *attempt_new(struct loop *loop, struct dns *dns, const struct target *target, bool thorough,
			    void (*done)(void *arg, const struct outcome *outcome, const struct place *place),
			    void *arg)
{
	struct attempt *attempt = alloc_zero(1, sizeof(*attempt));

	attempt->loop = loop;
	attempt->target = target;
	attempt->thorough = thorough;
	attempt->done = done;
	attempt->arg = arg;
	attempt->lookups = alloc_zero(target->endpoint_count, sizeof(struct resolve *));
	for (size_t i = 0; i < target->endpoint_count; i++)
		attempt->lookups[i] = resolve_new(loop, dns, &target->endpoints[i]);
	loop_timer_init(loop, &attempt->next, attempt_on_next, attempt);
	loop_timer_init(loop, &attempt->again, attempt_on_again, attempt);
	loop_timer_init(loop, &attempt->limit, attempt_on_limit, attempt);
	return attempt;
}

void attempt_free(struct attempt *attempt)
{
	if (!attempt)
		return;
	attempt_clear(attempt);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_free(attempt->lookups[i]);
	free(attempt->lookups);
	free(attempt->runners);
	free(attempt);
}

void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited)
{
	attempt->deadline = clock_now() + limit;
	attempt->best = (struct outcome){0};
	attempt->best_place = (struct place){0};
	attempt->waited = waited;
	loop_timer_set(&attempt->limit, limit);
	loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
	attempt_look_up(attempt);
}

void attempt_stop(struct attempt *attempt)
{
	attempt_clear(attempt);
}
