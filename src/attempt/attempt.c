#include "attempt/attempt.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "attempt/finding.h"
#include "attempt/race.h"
#include "attempt/sources.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "target/scheme.h"

#define ATTEMPT_REPLY_DELAY (1 * CLOCK_S) /* the head start of an address that is connected but has not replied yet */
#define ATTEMPT_ASK_AGAIN   (1 * CLOCK_S) /* how often a running attempt looks its names up again */

struct attempt {
	struct race race;
	struct sources sources;
	bool thorough;           /* the attempt does not end before every look-up and every address has */
	bool stays;              /* the present one does not end before every address has */
	enum outcome_kind last;  /* how the previous attempt ended */
	int64_t deadline;        /* clock_now() time */
	struct loop_timer next;  /* starts the next address */
	struct loop_timer hang;  /* looks whether all that runs hangs */
	struct loop_timer again; /* looks the names up again */
	struct loop_timer limit; /* ends the attempt while no probe runs, so during the look-up */
	bool ended;              /* an address of this attempt is known not to be ready */
	bool took_over;          /* a probe runs whose deadline is that of another attempt */
	struct finding best;
	struct attempt_owner owner;
};

/* Ends the attempt, but for the race. */
static void attempt_leave(struct attempt *attempt)
{
	loop_timer_clear(&attempt->next);
	loop_timer_clear(&attempt->hang);
	loop_timer_clear(&attempt->again);
	loop_timer_clear(&attempt->limit);
	sources_leave(&attempt->sources);
}

static bool attempt_is_ready(const struct attempt *attempt)
{
	return attempt->best.outcome.kind == OUTCOME_READY;
}

static void attempt_finish(struct attempt *attempt)
{
	struct finding best;

	race_note_ready(&attempt->race, &attempt->best); /* on a busy machine the time is up before it is told */
	if (attempt_is_ready(attempt))
		race_clear(&attempt->race);
	else
		race_leave(&attempt->race, sources_await(&attempt->sources), &attempt->best);
	attempt_leave(attempt);
	best = attempt->best;
	finding_clear(&attempt->best);
	attempt->last = best.outcome.kind;
	attempt->owner.done(attempt->owner.arg, &best.outcome, &best.place); /* may start the next attempt */
}

static int64_t attempt_time_left(const struct attempt *attempt)
{
	int64_t left = attempt->deadline - clock_now();

	return left > 0 ? left : 0;
}

static void attempt_go_on(struct attempt *attempt);

static void attempt_on_probe(void *arg, struct runner *runner, const struct outcome *outcome)
{
	struct attempt *attempt = arg;
	bool refers = outcome->kind == OUTCOME_READY && runner->probe.found_host;

	if (refers)
		sources_add(&attempt->sources, runner->probe.found_host, runner->probe.found_port);
	else
		finding_note(&attempt->best, outcome, &runner->place, runner->found);
	if (attempt_is_ready(attempt)) {
		if (attempt->race.is_open)
			attempt_finish(attempt);
		else
			attempt->owner.early(attempt->owner.arg);
		return;
	}
	/* Once somebody named a place, it matters what is found there, and not that another who was asked is not ready. */
	attempt->ended = !refers && (attempt->ended || runner->found || !attempt->sources.found_count);
	if (runner == attempt->race.runners) /* another one that was started later keeps its head start */
		loop_timer_clear(&attempt->next);
	attempt_go_on(attempt);
}

/* Starts a probe. source and address are NULL for a target without endpoints. */
static void attempt_run(struct attempt *attempt, const struct source *source, const struct resolve_address *address)
{
	if (!attempt->took_over)
		loop_timer_clear(&attempt->limit); /* the probe has a deadline itself */
	race_run(&attempt->race, source, address, attempt_time_left(attempt), attempt->last);
	loop_timer_set(&attempt->next,
		       RACE_CONNECT_DELAY); /* also if it has its outcome, which is told on the next turn */
}

/* Notes the outcome of each look-up that ended without an address. */
static void attempt_note_lookups(struct attempt *attempt)
{
	struct outcome outcome;
	const struct source *source;
	struct place nowhere;

	if (sources_lack_services(&attempt->sources, &outcome)) {
		nowhere = place_of(attempt->race.target->endpoints);
		finding_note(&attempt->best, &outcome, &nowhere, false);
	}
	for (size_t walk = 0; (source = sources_failed(&attempt->sources, &walk, &outcome));) {
		nowhere = place_of(source->endpoint);
		finding_note(&attempt->best, &outcome, &nowhere, source->found);
	}
}

/* Goes on with an address that hangs since the attempt before. Returns false if it does not. */
static bool attempt_take_over(struct attempt *attempt, const struct source *source,
			      const struct resolve_address *address)
{
	if (!race_take_over(&attempt->race, source, address))
		return false;
	attempt->took_over = true;
	loop_timer_set(&attempt->limit, attempt_time_left(attempt));
	return true;
}

/* Starts the next address. Returns false if there is none so far. */
static bool attempt_run_next(struct attempt *attempt)
{
	const struct resolve_address *address;
	const struct source *source;

	do {
		const struct runner *last = attempt->race.runners;

		address = sources_next(&attempt->sources, last ? last->source : NULL, last ? last->family : AF_UNSPEC,
				       &source);
	} while (address && attempt_take_over(attempt, source, address));
	if (address)
		attempt_run(attempt, source, address);
	return address;
}

/*
 * Must the attempt wait for an address that runs? Not if one is known not to be ready and the others hang: that one may be
 * ready long before they end. But if it matters what this attempt finds, each of them may change it.
 */
static bool attempt_must_stay(struct attempt *attempt)
{
	const struct race *race = &attempt->race;
	int64_t patience;

	if (race->running == race->aside_count)
		return false;
	if (attempt->thorough || attempt->stays || !attempt->ended)
		return true;
	patience = race_patience(race);
	if (patience && patience != INT64_MAX)
		loop_timer_set(&attempt->hang, patience);
	return patience;
}

/* Starts the next address if its time has come. Finishes the attempt if no address can follow, and none is waited for. */
static void attempt_go_on(struct attempt *attempt)
{
	struct race *race = &attempt->race;

	if (loop_timer_is_set(&attempt->next))
		return; /* the previous address still has its head start */
	if (sources_has_next(&attempt->sources) && !race_take_socket(race)) {
		loop_timer_set(&attempt->next, RACE_CONNECT_DELAY);
		return;
	}
	if (attempt_run_next(attempt))
		return;
	/* Others can use the socket while names are looked up: a thousand silent names must not delay a service. */
	race_keep_sockets(race, race->running);
	if (attempt_must_stay(attempt))
		return;
	/*
	 * Once an address was tried, the attempt does not wait for the other look-up: the answer to AAAA may never come
	 * (FACTS 13). If it does come, the next attempt uses it.
	 */
	if (sources_await(&attempt->sources) &&
	    (!race->runners || attempt->thorough || sources_await_found(&attempt->sources))) {
		loop_timer_set(&attempt->limit, attempt_time_left(attempt));
		return;
	}
	attempt_note_lookups(attempt);
	attempt_finish(attempt);
}

static void attempt_on_next(void *arg)
{
	struct attempt *attempt = arg;
	struct runner *last = attempt->race.runners;

	/* A connected server gets more time to reply: a second connection would be work for it and tell us little. */
	if (last && last->running && probe_is_connected(&last->probe) && !last->waited_for_reply) {
		last->waited_for_reply = true;
		loop_timer_set(&attempt->next, ATTEMPT_REPLY_DELAY - RACE_CONNECT_DELAY);
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

	sources_repeat(&attempt->sources);
	loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
}

/* A look-up has found addresses, or has ended; or an address may hang now. */
static void attempt_on_news(void *arg)
{
	attempt_go_on(arg);
}

/* Notes why an attempt whose time is up has no outcome, but for the addresses that run: race_leave knows these. */
static void attempt_note_expiry(struct attempt *attempt)
{
	const struct place nowhere = place_of(attempt->race.target->endpoints);
	struct outcome outcome = outcome_make(OUTCOME_LOCAL, "there was no time left");

	attempt_note_lookups(attempt);
	if (sources_await(&attempt->sources))
		outcome = outcome_make(OUTCOME_DNS_SILENT, NULL);
	else if (attempt->race.running > attempt->race.aside_count)
		return;
	finding_note(&attempt->best, &outcome, &nowhere, sources_await_found(&attempt->sources));
}

void attempt_expire(struct attempt *attempt)
{
	if (!attempt_is_ready(attempt))
		attempt_note_expiry(attempt);
	attempt_finish(attempt);
}

/* The time is up, and no probe has said so; or the attempt was ready before it began. */
static void attempt_on_limit(void *arg)
{
	attempt_expire(arg);
}

struct attempt *attempt_new(struct runner_pool *pool, const struct target *target, bool thorough,
			    const struct attempt_owner *owner)
{
	struct attempt *attempt = alloc_zero(1, sizeof(*attempt));

	attempt->race = (struct race){.pool = pool, .target = target, .done = attempt_on_probe, .arg = attempt};
	attempt->thorough = thorough;
	attempt->owner = *owner;
	sources_open(&attempt->sources, pool->session, target, attempt_on_news, attempt);
	loop_timer_init(pool->session->loop, &attempt->next, attempt_on_next, attempt);
	loop_timer_init(pool->session->loop, &attempt->hang, attempt_on_news, attempt);
	loop_timer_init(pool->session->loop, &attempt->again, attempt_on_again, attempt);
	loop_timer_init(pool->session->loop, &attempt->limit, attempt_on_limit, attempt);
	return attempt;
}

void attempt_free(struct attempt *attempt)
{
	if (!attempt)
		return;
	attempt_stop(attempt);
	sources_close(&attempt->sources);
	free(attempt);
}

void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited, bool stays)
{
	race_open(&attempt->race);
	attempt->deadline = clock_now() + limit;
	attempt->ended = false;
	attempt->took_over = false;
	attempt->stays = stays;
	if (attempt_is_ready(attempt)) {
		loop_timer_set(&attempt->limit, 0);
		return;
	}
	if (attempt->race.target->endpoint_count == 0) {
		attempt_run(attempt, NULL, NULL);
		return;
	}
	if (attempt->sources.by_name)
		loop_timer_set(&attempt->again, ATTEMPT_ASK_AGAIN);
	if (sources_start(&attempt->sources, waited)) {
		attempt_go_on(attempt);
		return;
	}
	race_keep_sockets(&attempt->race, attempt->race.running);
	loop_timer_set(&attempt->limit, limit);
}

void attempt_stop(struct attempt *attempt)
{
	race_clear(&attempt->race);
	attempt_leave(attempt);
	finding_clear(&attempt->best);
}

bool attempt_has_address(const struct attempt *attempt, const struct place *place)
{
	return sources_have_address(&attempt->sources, place);
}
