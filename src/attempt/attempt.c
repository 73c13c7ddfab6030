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
#define ATTEMPT_REPLY_DELAY   (1 * CLOCK_S)    /* the same, if the address is connected but has not replied yet */
#define ATTEMPT_ASK_AGAIN     (1 * CLOCK_S)    /* how often a running attempt looks its names up again */

/* How many unused runners are kept for later attempts. One attempt needs a runner for each of its addresses. */
enum { ATTEMPT_SPARE_MAX = 8 };

/* One address in the race. */
struct attempt_runner {
	struct attempt *attempt;
	struct probe probe;
	bool running;
	struct place place;
	int family;
	size_t endpoint;               /* index in target->endpoints */
	bool waited_for_reply;         /* it already got the extra time of ATTEMPT_REPLY_DELAY */
	struct attempt_runner *before; /* the next item of the list; it was started earlier */
	size_t state_size;             /* bytes in state */
	max_align_t state[];           /* becomes probe->state */
};

struct attempt {
	struct attempt_pool *pool;
	const struct target *target;
	struct resolve **resolves;      /* one for each endpoint */
	bool by_name;                   /* at least one endpoint has a name that must be looked up */
	bool thorough;                  /* the attempt does not end before every look-up has */
	enum outcome_kind last;         /* how the previous attempt ended */
	struct attempt_runner *runners; /* list; the one that was started last comes first */
	size_t running;                 /* how many of them run */
	size_t open;                    /* the endpoints before this index had no untried address */
	size_t awaited;                 /* index of an endpoint whose look-up may be running */
	size_t sockets;          /* how many the attempt has of the session: for those that run, and the next one */
	int64_t deadline;        /* clock_now() time */
	struct loop_timer next;  /* starts the next address */
	struct loop_timer again; /* looks the names up again */
	struct loop_timer limit; /* ends the attempt while no probe runs, so during the look-up */
	struct outcome best;     /* the most useful outcome so far */
	struct place best_place; /* where it was found */
	void (*done)(void *arg, const struct outcome *outcome, const struct place *place);
	void *arg;
};

/*
 * Returns a zeroed runner with at least state_size bytes of state; an unused one if there is one. Without them musl
 * would return the memory to the kernel after each attempt and ask for it again, which costs more than the attempt
 * itself.
 */
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
	probe_free_shared(&pool->shared);
}

/* Returns the sockets above this number to the session. */
static void attempt_keep_sockets(struct attempt *attempt, size_t number)
{
	for (; attempt->sockets > number; attempt->sockets--)
		session_give_socket(attempt->pool->session);
}

/* Makes sure that there is a socket for one more address. Returns false if the session has none now. */
static bool attempt_take_socket(struct attempt *attempt)
{
	if (attempt->sockets > attempt->running)
		return true;
	if (!session_take_socket(attempt->pool->session))
		return false;
	attempt->sockets++;
	return true;
}

/* Ends the attempt: stops what runs, and returns everything to the pool and the session. */
static void attempt_clear(struct attempt *attempt)
{
	while (attempt->runners) {
		struct attempt_runner *runner = attempt->runners;

		attempt->runners = runner->before;
		if (runner->running)
			probe_release(&runner->probe);
		attempt_give_runner(attempt->pool, runner);
	}
	attempt->running = 0;
	attempt_keep_sockets(attempt, 0);
	loop_timer_clear(&attempt->next);
	loop_timer_clear(&attempt->again);
	loop_timer_clear(&attempt->limit);
	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_leave(attempt->resolves[i]);
}

static void attempt_finish(struct attempt *attempt)
{
	struct outcome outcome = attempt->best;
	struct place place = attempt->best_place;

	attempt->last = outcome.kind;
	attempt_clear(attempt);
	attempt->done(attempt->arg, &outcome, &place); /* may start the next attempt */
}

static void attempt_note(struct attempt *attempt, const struct outcome *outcome, const struct place *place)
{
	if (outcome_better(&attempt->best, outcome) == outcome) {
		attempt->best = *outcome;
		attempt->best_place = *place;
	} else if (attempt->best.kind == outcome->kind && strcmp(attempt->best.detail, outcome->detail) == 0) {
		place_add_other(&attempt->best_place, place);
	}
}

/* Moves attempt->open to the first endpoint from there on that has an untried address. Returns whether there is one. */
static bool attempt_seek_address(struct attempt *attempt)
{
	while (attempt->open < attempt->target->endpoint_count && !resolve_has_next(attempt->resolves[attempt->open]))
		attempt->open++;
	return attempt->open < attempt->target->endpoint_count;
}

/*
 * Is there an address that was not tried yet? Then attempt->open is the first endpoint that has one. If there seems to be
 * none, looks at all endpoints once more: an answer of DNS adds addresses before attempt_on_news tells of it.
 */
static bool attempt_has_address(struct attempt *attempt)
{
	if (attempt_seek_address(attempt))
		return true;
	attempt->open = 0;
	return attempt_seek_address(attempt);
}

/* Returns the next address that was not tried yet, of endpoint attempt->open. NULL if there is none so far. */
static const struct resolve_address *attempt_next_address(struct attempt *attempt)
{
	const struct attempt_runner *last = attempt->runners;

	if (!attempt_has_address(attempt))
		return NULL;
	return resolve_next(attempt->resolves[attempt->open],
			    last && last->endpoint == attempt->open ? last->family : AF_UNSPEC);
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
	attempt->running--;
	attempt_note(attempt, outcome, &runner->place);
	if (outcome->kind == OUTCOME_READY) {
		attempt_finish(attempt);
		return;
	}
	loop_timer_clear(&attempt->next);
	attempt_go_on(attempt);
}

/* Starts a probe. address is NULL for a target without endpoints. */
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
	runner->probe.sockets = &attempt->pool->session->kept;
	runner->probe.shared = &attempt->pool->shared;
	runner->probe.last = attempt->last;
	loop_timer_clear(&attempt->limit);
	probe_start(&runner->probe);
	if (!runner->probe.finished)
		loop_timer_set(&attempt->next, ATTEMPT_CONNECT_DELAY);
}

/* Is a look-up still running? Begins with the one that was found running before, which most often still is. */
static bool attempt_awaits_addresses(struct attempt *attempt)
{
	size_t count = attempt->target->endpoint_count;
	struct outcome ignored;

	for (size_t i = 0; i < count; i++, attempt->awaited = (attempt->awaited + 1) % count)
		if (!resolve_is_over(attempt->resolves[attempt->awaited], &ignored))
			return true;
	return false;
}

/* Notes the outcome of each look-up that ended without an address. */
static void attempt_note_lookups(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->target->endpoint_count; i++) {
		struct outcome outcome;
		struct place nowhere;

		if (!resolve_is_over(attempt->resolves[i], &outcome) || outcome.kind == OUTCOME_READY)
			continue;
		nowhere = place_of(&attempt->target->endpoints[i]);
		attempt_note(attempt, &outcome, &nowhere);
	}
}

/* Starts the next address if its time has come. Finishes the attempt if no probe runs and no address can follow. */
static void attempt_go_on(struct attempt *attempt)
{
	const struct resolve_address *address;

	if (loop_timer_is_set(&attempt->next))
		return; /* the previous address still has its head start */
	if (attempt_has_address(attempt) && !attempt_take_socket(attempt)) {
		loop_timer_set(&attempt->next, ATTEMPT_CONNECT_DELAY);
		return;
	}
	address = attempt_next_address(attempt);
	if (address) {
		attempt_run(attempt, attempt->open, address);
		return;
	}
	/* Others can use the socket while names are looked up: a thousand silent names must not delay a service. */
	attempt_keep_sockets(attempt, attempt->running);
	if (attempt->running)
		return;
	/*
	 * Once an address was tried, the attempt does not wait for the other look-up: the answer to AAAA may never come
	 * (FACTS 13). If it does come, the next attempt uses it.
	 */
	if (attempt_awaits_addresses(attempt) && (!attempt->runners || attempt->thorough)) {
		loop_timer_set(&attempt->limit, attempt_time_left(attempt)); /* no probe runs, so no probe's deadline */
		return;
	}
	attempt_note_lookups(attempt);
	attempt_finish(attempt);
}

static void attempt_on_next(void *arg)
{
	struct attempt *attempt = arg;
	struct attempt_runner *last = attempt->runners;

	/* A connected server gets more time to reply: a second connection would be work for it and tell us little. */
	if (last && last->running && probe_is_connected(&last->probe) && !last->waited_for_reply) {
		last->waited_for_reply = true;
		loop_timer_set(&attempt->next, ATTEMPT_REPLY_DELAY - ATTEMPT_CONNECT_DELAY);
		return;
	}
	attempt_go_on(attempt);
}

/*
 * Looks the names up again. If a connection hangs, the service may have been restarted and have another address now
 * (FACTS 10, 18).
 */
static void attempt_on_again(void *arg)
{
	struct attempt *attempt = arg;

	for (size_t i = 0; i < attempt->target->endpoint_count; i++)
		resolve_repeat(attempt->resolves[i]);
	loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
}

/* A look-up has found addresses, or has ended. */
static void attempt_on_news(void *arg)
{
	struct attempt *attempt = arg;

	attempt->open = 0;
	attempt_go_on(attempt);
}

/* The time is up, and no probe runs. */
static void attempt_on_limit(void *arg)
{
	struct attempt *attempt = arg;
	const struct place nowhere = place_of(attempt->target->endpoints);
	struct outcome outcome = attempt_awaits_addresses(attempt)
					 ? outcome_make(OUTCOME_DNS_SILENT, NULL)
					 : outcome_make(OUTCOME_LOCAL, "there was no time left");

	attempt_note_lookups(attempt);
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
	attempt->resolves = alloc_zero(target->endpoint_count, sizeof(struct resolve *));
	for (size_t i = 0; i < target->endpoint_count; i++) {
		attempt->resolves[i] = resolve_new(pool->session->loop, pool->session->names, &target->endpoints[i]);
		attempt->by_name |= resolve_is_by_name(attempt->resolves[i]);
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
		resolve_free(attempt->resolves[i]);
	free(attempt->resolves);
	free(attempt);
}

void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited)
{
	bool any = false;

	attempt->sockets = 1;
	attempt->open = 0;
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
		any |= resolve_start(attempt->resolves[i], waited, attempt_on_news, attempt);
	if (any) {
		attempt_go_on(attempt);
		return;
	}
	attempt_keep_sockets(attempt, 0);
	loop_timer_set(&attempt->limit, limit);
}

void attempt_stop(struct attempt *attempt)
{
	attempt_clear(attempt);
}
