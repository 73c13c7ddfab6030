#include "attempt/attempt.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/resolve.h"
#include "target/scheme.h"

#define ATTEMPT_CONNECT_DELAY (250 * CLOCK_MS) /* RFC 8305, 5: the head start of one address over the next */
#define ATTEMPT_REPLY_DELAY   (1 * CLOCK_S)    /* the same for a peer that is connected and thinks */
#define ATTEMPT_ASK_AGAIN     (1 * CLOCK_S)    /* while nobody answers: the name may lead elsewhere by now */

/* Runners that are kept for the next attempts: what one attempt of several addresses needs. */
enum { ATTEMPT_SPARE_MAX = 8 };

/* One address in the race. */
struct attempt_runner {
	struct attempt *attempt;
	struct probe probe;
	bool running;
	struct place place;
	int family;
	size_t endpoint; /* index of the target's */
	bool waited_for_reply;
	struct attempt_runner *before;
	size_t state_size;
	max_align_t state[]; /* the probe's */
};

struct attempt {
	struct attempt_pool *pool;
	const struct target *target;
	struct resolve **lookups;       /* one for each endpoint */
	bool by_name;                   /* one of them has a name to ask for */
	bool thorough;                  /* waits for every look-up */
	enum outcome_kind last;         /* how the last attempt ended */
	struct attempt_runner *runners; /* list, the last one first */
	size_t running;
	int64_t deadline;
	struct loop_timer next;  /* starts the next address */
	struct loop_timer again; /* asks for the name again */
	struct loop_timer limit; /* ends the attempt where no probe does: in the look-up */
	struct outcome best;
	struct place best_place;
	void (*done)(void *arg, const struct outcome *outcome, const struct place *place);
	void *arg;
};

/* Zeroed. C libraries give such blocks back to the kernel and ask for them anew, which costs more than the attempt. */
static struct attempt_runner *attempt_take_runner(struct attempt_pool *pool, size_t state_size)
{
	struct attempt_runner *runner = pool->spare;

	if (runner && runner->state_size >= state_size) {
		pool->spare = runner->before;
		pool->spare_count--;
		state_size = runner->state_size;
		memset(runner, 0, sizeof(*runner) + state_size);
	} else {
		runner = alloc_zero(1, sizeof(*runner) + state_size);
	}
	runner->state_size = state_size;
	return runner;
}

static void attempt_give_runner(struct attempt_pool *pool, struct attempt_runner *runner)
{
	if (pool->spare_count == ATTEMPT_SPARE_MAX) {
		free(runner);
		return;
	}
	runner->before = pool->spare;
	pool->spare = runner;
	pool->spare_count++;
}

void attempt_pool_release(struct attempt_pool *pool)
{
	while (pool->spare) {
		struct attempt_runner *runner = pool->spare;

		pool->spare = runner->before;
		free(runner);
	}
	pool->spare_count = 0;
}

/* Ends the attempt. Sockets beyond the first, which is the caller's, are given back. */
static void attempt_clear(struct attempt *attempt)
{
	while (attempt->runners) {
		struct attempt_runner *runner = attempt->runners;

		attempt->runners = runner->before;
		if (runner->running)
			probe_release(&runner->probe);
		attempt_give_runner(attempt->pool, runner);
	}
	for (; attempt->running > 1; attempt->running--)
		session_give_socket(attempt->pool->session);
	attempt->running = 0;
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

/* The next address of the first endpoint that has one which was not tried; NULL: there is none so far. */
static const struct resolve_address *attempt_next_address(struct attempt *attempt, size_t *endpoint)
{
	const struct attempt_runner *last = attempt->runners;
	const struct resolve_address *address = NULL;

	for (size_t i = 0; !address && i < attempt->target->endpoint_count; i++) {
		address = resolve_next(attempt->lookups[i], last && last->endpoint == i ? last->family : AF_UNSPEC);
		*endpoint = i;
	}
	return address;
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

	probe_release(probe);
	runner->running = false;
	if (attempt->running-- > 1)
		session_give_socket(attempt->pool->session);
	attempt_note(attempt, outcome, &runner->place);
	if (outcome->kind == OUTCOME_READY) {
		attempt_finish(attempt);
		return;
	}
	loop_timer_clear(&attempt->next);
	attempt_go_on(attempt);
}

/* address is NULL for a target that needs none. */
static void attempt_run(struct attempt *attempt, size_t endpoint, const struct resolve_address *address)
{
	struct attempt_runner *runner =
		attempt_take_runner(attempt->pool, attempt->target->scheme->protocol->state_size);
	const struct endpoint *of = address ? &attempt->target->endpoints[endpoint] : NULL;

	runner->attempt = attempt;
	runner->endpoint = endpoint;
	runner->before = attempt->runners;
	attempt->runners = runner;
	attempt->running++;
	if (address) {
		runner->place = place_of(of);
		runner->place.from_variable = address->from_variable;
		runner->family = address->address.any.sa_family;
		address_text(&address->address, runner->place.address, sizeof(runner->place.address));
	}
	probe_init(&runner->probe, runner->state, attempt->pool->session->loop, attempt->target, of,
		   address ? &address->address : NULL, attempt_time_left(attempt), attempt_on_probe, runner);
	runner->running = true;
	runner->probe.was_down = outcome_info(attempt->last)->down;
	runner->probe.was_refused = attempt->last == OUTCOME_REFUSED;
	loop_timer_clear(&attempt->limit);
	probe_start(&runner->probe);
	if (!runner->probe.finished)
		loop_timer_set(&attempt->next, ATTEMPT_CONNECT_DELAY);
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
	const struct resolve_address *address;
	size_t endpoint;
	bool awaits;

	if (loop_timer_is_set(&attempt->next))
		return; /* the head start of the last one */
	/* The first socket is there. Where no other one is, the next address waits until this attempt or another ends one. */
	if (attempt->running && !session_take_socket(attempt->pool->session)) {
		loop_timer_set(&attempt->next, ATTEMPT_CONNECT_DELAY);
		return;
	}
	address = attempt_next_address(attempt, &endpoint);
	if (address) {
		attempt_run(attempt, endpoint, address);
		return;
	}
	if (attempt->running) {
		session_give_socket(attempt->pool->session);
		return;
	}
	awaits = attempt_awaits_addresses(attempt);
	/*
	 * An answer that is still out is not waited for once an address was tried, since AAAA may be lost for ever
	 * (FACTS 13), and is used by the next attempt.
	 */
	if (!awaits || (attempt->runners && !attempt->thorough))
		attempt_finish(attempt);
	else
		loop_timer_set(&attempt->limit, attempt_time_left(attempt)); /* no probe's own deadline ends it */
}

static void attempt_on_next(void *arg)
{
	struct attempt *attempt = arg;
	struct attempt_runner *last = attempt->runners;

	/* A peer that is connected is given more time: a second connection would cost a server more than it tells us. */
	if (last->running && probe_is_connected(&last->probe) && !last->waited_for_reply) {
		last->waited_for_reply = true;
		loop_timer_set(&attempt->next, ATTEMPT_REPLY_DELAY - ATTEMPT_CONNECT_DELAY);
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
	loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
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

	attempt_note(attempt, &outcome, &nowhere);
	attempt_finish(attempt);
}

struct attempt *attempt_new(struct attempt_pool *pool, const struct target *target, bool thorough,
			    void (*done)(void *arg, const struct outcome *outcome, const struct place *place),
			    void *arg)
{
	struct attempt *attempt = alloc_zero(1, sizeof(*attempt));

	attempt->pool = pool;
	attempt->target = target;
	attempt->thorough = thorough;
	attempt->done = done;
	attempt->arg = arg;
	attempt->lookups = alloc_zero(target->endpoint_count, sizeof(struct resolve *));
	for (size_t i = 0; i < target->endpoint_count; i++) {
		attempt->lookups[i] = resolve_new(pool->session->loop, pool->session->dns, &target->endpoints[i]);
		attempt->by_name |= resolve_is_by_name(attempt->lookups[i]);
	}
	loop_timer_init(pool->session->loop, &attempt->next, attempt_on_next, attempt);
	loop_timer_init(pool->session->loop, &attempt->again, attempt_on_again, attempt);
	loop_timer_init(pool->session->loop, &attempt->limit, attempt_on_limit, attempt);
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
	bool any = false;

	attempt->deadline = clock_now() + limit;
	attempt->best = (struct outcome){0};
	attempt->best_place = (struct place){0};
	if (attempt->target->endpoint_count == 0) {
		attempt_run(attempt, 0, NULL);
		return;
	}
	if (attempt->by_name)
		loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		any |= resolve_start(attempt->lookups[i], waited, attempt_on_news, attempt);
	if (any)
		attempt_go_on(attempt);
	else
		loop_timer_set(&attempt->limit, limit);
}

void attempt_stop(struct attempt *attempt)
{
	attempt_clear(attempt);
}
