#include "attempt/attempt.h"

#include <stdlib.h>
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
	struct attempt_race *race;
	struct probe *probe; /* NULL: over */
	struct place place;
	int family;
	size_t endpoint; /* index of the target's */
	bool waited_for_reply;
	struct attempt_runner *before;
};

/* What there is only while an attempt runs. */
struct attempt_race {
	struct attempt *attempt;
	struct attempt_runner *runners; /* list, the last one first */
	size_t running;
	int64_t deadline;
	struct loop_timer next;  /* starts the next address */
	struct loop_timer again; /* asks for the name again */
	struct loop_timer limit; /* ends the attempt where no probe does: in the look-up */
	struct outcome best;
	struct place best_place;
};

struct attempt {
	struct session *session;
	const struct target *target;
	struct resolve **lookups; /* one for each endpoint */
	bool by_name;             /* one of them has a name to ask for */
	bool thorough;            /* waits for every look-up */
	enum outcome_kind last;   /* how the last attempt ended */
	struct attempt_race *race;
	void (*done)(void *arg, const struct outcome *outcome, const struct place *place);
	void *arg;
};

/* Ends the attempt. Sockets beyond the first, which is the caller's, are given back. */
static void attempt_clear(struct attempt *attempt)
{
	struct attempt_race *race = attempt->race;

	if (!race)
		return;
	while (race->runners) {
		struct attempt_runner *runner = race->runners;

		race->runners = runner->before;
		probe_free(runner->probe);
		free(runner);
	}
	for (; race->running > 1; race->running--)
		session_give_socket(attempt->session);
	loop_timer_clear(&race->next);
	loop_timer_clear(&race->again);
	loop_timer_clear(&race->limit);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_leave(attempt->lookups[i]);
	free(race);
	attempt->race = NULL;
}

static void attempt_finish(struct attempt *attempt)
{
	struct outcome outcome = attempt->race->best;
	struct place place = attempt->race->best_place;

	attempt->last = outcome.kind;
	attempt_clear(attempt);
	attempt->done(attempt->arg, &outcome, &place); /* may start the next */
}

static void attempt_note(struct attempt_race *race, const struct outcome *outcome, const struct place *place)
{
	if (outcome_better(&race->best, outcome) == outcome) {
		race->best = *outcome;
		race->best_place = *place;
	}
}

/* The next address of the first endpoint that has one which was not tried; NULL: there is none so far. */
static const struct resolve_address *attempt_next_address(struct attempt *attempt, size_t *endpoint)
{
	const struct attempt_runner *last = attempt->race->runners;
	const struct resolve_address *address = NULL;

	for (size_t i = 0; !address && i < attempt->target->endpoint_count; i++) {
		address = resolve_next(attempt->lookups[i], last && last->endpoint == i ? last->family : AF_UNSPEC);
		*endpoint = i;
	}
	return address;
}

static int64_t attempt_time_left(const struct attempt_race *race)
{
	int64_t left = race->deadline - clock_now();

	return left > 0 ? left : 0;
}

static void attempt_go_on(struct attempt *attempt);

static void attempt_on_probe(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct attempt_runner *runner = arg;
	struct attempt_race *race = runner->race;
	struct attempt *attempt = race->attempt;

	runner->probe = NULL;
	probe_free(probe);
	if (race->running-- > 1)
		session_give_socket(attempt->session);
	attempt_note(race, outcome, &runner->place);
	if (outcome->kind == OUTCOME_READY) {
		attempt_finish(attempt);
		return;
	}
	loop_timer_clear(&race->next);
	attempt_go_on(attempt);
}

/* address is NULL for a target that needs none. */
static void attempt_run(struct attempt *attempt, size_t endpoint, const struct resolve_address *address)
{
	struct attempt_race *race = attempt->race;
	struct attempt_runner *runner = alloc_zero(1, sizeof(*runner));
	const struct endpoint *of = address ? &attempt->target->endpoints[endpoint] : NULL;

	runner->race = race;
	runner->endpoint = endpoint;
	runner->before = race->runners;
	race->runners = runner;
	race->running++;
	if (address) {
		runner->place = place_of(of);
		runner->place.from_variable = address->from_variable;
		runner->family = address->address.any.sa_family;
		address_text(&address->address, runner->place.address, sizeof(runner->place.address));
	}
	runner->probe = probe_new(attempt->session->loop, attempt->target, of, address ? &address->address : NULL,
				  attempt_time_left(race), attempt_on_probe, runner);
	runner->probe->was_down = outcome_info(attempt->last)->down;
	runner->probe->was_refused = attempt->last == OUTCOME_REFUSED;
	loop_timer_clear(&race->limit);
	probe_start(runner->probe);
	if (!runner->probe->finished)
		loop_timer_set(&race->next, ATTEMPT_CONNECT_DELAY);
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
			attempt_note(attempt->race, &outcome, &nowhere);
	}
	return awaits;
}

/* Starts the next address if its time has come; finishes when nothing is left to hope for. */
static void attempt_go_on(struct attempt *attempt)
{
	struct attempt_race *race = attempt->race;
	const struct resolve_address *address;
	size_t endpoint;
	bool awaits;

	if (loop_timer_is_set(&race->next))
		return; /* the head start of the last one */
	/* The first socket is there. Where no other one is, the next address waits until this attempt or another ends one. */
	if (race->running && !session_take_socket(attempt->session)) {
		loop_timer_set(&race->next, ATTEMPT_CONNECT_DELAY);
		return;
	}
	address = attempt_next_address(attempt, &endpoint);
	if (address) {
		attempt_run(attempt, endpoint, address);
		return;
	}
	if (race->running) {
		session_give_socket(attempt->session);
		return;
	}
	awaits = attempt_awaits_addresses(attempt);
	/*
	 * An answer that is still out is not waited for once an address was tried, since AAAA may be lost for ever
	 * (FACTS 13), and is used by the next attempt.
	 */
	if (!awaits || (race->runners && !attempt->thorough))
		attempt_finish(attempt);
	else
		loop_timer_set(&race->limit, attempt_time_left(race)); /* no probe's own deadline ends it */
}

static void attempt_on_next(void *arg)
{
	struct attempt *attempt = arg;
	struct attempt_runner *last = attempt->race->runners;

	/* A peer that is connected is given more time: a second connection would cost a server more than it tells us. */
	if (last->probe && probe_is_connected(last->probe) && !last->waited_for_reply) {
		last->waited_for_reply = true;
		loop_timer_set(&attempt->race->next, ATTEMPT_REPLY_DELAY - ATTEMPT_CONNECT_DELAY);
		return;
	}
	attempt_go_on(attempt);
}

/* A connection that hangs may go to an address that was the peer's before it was restarted (FACTS 10, 18). */
static void attempt_on_again(void *arg)
{
	struct attempt *attempt = arg;

	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_repeat(attempt->lookups[i]);
	loop_timer_set(&attempt->race->again, ATTEMPT_ASK_AGAIN);
}

static void attempt_on_news(void *arg)
{
	attempt_go_on(arg);
}

/* The time is up, and no address is being tried. */
static void attempt_on_limit(void *arg)
{
	struct attempt *attempt = arg;
	const struct place nowhere = place_of(attempt->target->endpoints);
	struct outcome outcome = attempt_awaits_addresses(attempt)
					 ? outcome_make(OUTCOME_DNS_SILENT, NULL)
					 : outcome_make(OUTCOME_LOCAL, "there was no time left");

	attempt_note(attempt->race, &outcome, &nowhere);
	attempt_finish(attempt);
}

struct attempt *attempt_new(struct session *session, const struct target *target, bool thorough,
			    void (*done)(void *arg, const struct outcome *outcome, const struct place *place),
			    void *arg)
{
	struct attempt *attempt = alloc_zero(1, sizeof(*attempt));

	attempt->session = session;
	attempt->target = target;
	attempt->thorough = thorough;
	attempt->done = done;
	attempt->arg = arg;
	attempt->lookups = alloc_zero(target->endpoint_count, sizeof(struct resolve *));
	for (size_t i = 0; i < target->endpoint_count; i++) {
		attempt->lookups[i] = resolve_new(session->loop, session->dns, &target->endpoints[i]);
		attempt->by_name |= resolve_is_by_name(attempt->lookups[i]);
	}
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
	free(attempt);
}

void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited)
{
	struct attempt_race *race = alloc_zero(1, sizeof(*race));
	bool any = false;

	attempt->race = race;
	race->attempt = attempt;
	race->deadline = clock_now() + limit;
	loop_timer_init(attempt->session->loop, &race->next, attempt_on_next, attempt);
	loop_timer_init(attempt->session->loop, &race->again, attempt_on_again, attempt);
	loop_timer_init(attempt->session->loop, &race->limit, attempt_on_limit, attempt);
	if (attempt->target->endpoint_count == 0) {
		attempt_run(attempt, 0, NULL);
		return;
	}
	if (attempt->by_name)
		loop_timer_set(&race->again, ATTEMPT_ASK_AGAIN);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		any |= resolve_start(attempt->lookups[i], waited, attempt_on_news, attempt);
	if (any)
		attempt_go_on(attempt);
	else
		loop_timer_set(&race->limit, limit);
}

void attempt_stop(struct attempt *attempt)
{
	attempt_clear(attempt);
}
