#include "attempt/race.h"

#include "base/clock.h"

void race_open(struct race *race)
{
	race->sockets++;
	race->is_open = true;
}

void race_keep_sockets(struct race *race, size_t number)
{
	for (; race->sockets > number; race->sockets--)
		session_give_socket(race->pool->session);
}

bool race_take_socket(struct race *race)
{
	if (race->sockets > race->running)
		return true;
	if (!session_take_socket(race->pool->session))
		return false;
	race->sockets++;
	return true;
}

/* Stops a runner that is in no list, and returns its memory. */
static void race_end(struct race *race, struct runner *runner)
{
	race->running -= runner->running;
	probe_release(&runner->probe);
	runner_give(race->pool, runner);
}

static void race_end_all(struct race *race, struct runner **list)
{
	struct runner *runner;

	while ((runner = runner_pop(list)))
		race_end(race, runner);
}

/* Takes one that is aside for the attempt. */
static void race_adopt(struct race *race, struct runner *runner)
{
	runner_remove(&race->aside, runner);
	race->aside_count--;
	runner->is_aside = false;
	runner_push(&race->runners, runner);
}

/* Forgets one that is aside: the attempts to come try its address again. */
static void race_forget(struct race *race, struct runner *runner)
{
	runner_remove(&race->aside, runner);
	race->aside_count--;
	race_end(race, runner);
	if (!race->is_open)
		race_keep_sockets(race, race->running);
}

static void race_on_probe(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct runner *runner = arg;
	struct race *race = runner->race;

	runner->running = false;
	race->running--;
	if (runner->is_aside && (outcome->kind != OUTCOME_READY || probe->found_host)) {
		race_forget(race, runner);
		return;
	}
	if (runner->is_aside)
		race_adopt(race, runner);
	if (!race->is_open)
		race_keep_sockets(race, race->running);
	race->done(race->arg, runner, outcome);
}

/* Fills in where the runner is to look. */
static void race_place(struct runner *runner, const struct source *source, const struct resolve_address *address)
{
	runner->place = place_of(source->endpoint);
	runner->place.from_variable = address->from_variable;
	runner->family = address->address.any.sa_family;
	address_text(&address->address, runner->place.address, sizeof(runner->place.address));
}

void race_run(struct race *race, const struct source *source, const struct resolve_address *address, int64_t limit,
	      enum outcome_kind last)
{
	const struct protocol *protocol = probe_protocol(race->target, source && source->found);
	struct runner *runner = runner_take(race->pool, protocol->state_size);
	struct session *session = race->pool->session;

	runner->race = race;
	runner->source = source;
	runner->found = source && source->found;
	runner->began = clock_now();
	runner_push(&race->runners, runner);
	race->running++;
	if (source)
		race_place(runner, source, address);
	probe_init(&runner->probe, runner->state, session->loop, race->target, source ? source->endpoint : NULL,
		   source ? &address->address : NULL, limit, race_on_probe, runner);
	runner->probe.protocol = protocol;
	runner->running = true;
	runner->probe.sockets = &session->kept;
	runner->probe.tls = &session->tls;
	runner->probe.shared = &race->pool->shared;
	runner->probe.last = last;
	probe_start(&runner->probe);
}

bool race_take_over(struct race *race, const struct source *source, const struct resolve_address *address)
{
	struct runner *runner = runner_find(race->aside, source->endpoint, &address->address);

	if (!runner)
		return false;
	race_adopt(race, runner);
	runner->source = source;
	return true;
}

int64_t race_patience(const struct race *race)
{
	int64_t left, now = clock_now(), longest = 0;

	for (const struct runner *runner = race->runners; runner; runner = runner->before) {
		if (!runner->running)
			continue;
		if (runner->probe.finished || probe_is_connected(&runner->probe))
			return INT64_MAX;
		left = runner->began + RACE_CONNECT_DELAY - now;
		longest = left > longest ? left : longest;
	}
	return longest;
}

static void race_end_aside(struct race *race)
{
	race_end_all(race, &race->aside);
	race->aside_count = 0;
}

/* Ends what was not taken over. The source of one that was found does not outlive the next attempt. */
static void race_drop_gone(struct race *race, bool keeps)
{
	struct runner **at = &race->aside, *runner;

	while ((runner = *at)) {
		if (keeps && !runner->found) {
			at = &runner->before;
			continue;
		}
		*at = runner->before;
		race->aside_count--;
		race_end(race, runner);
	}
}

void race_note_ready(const struct race *race, struct finding *best)
{
	for (const struct runner *runner = race->runners; runner; runner = runner->before) {
		const struct probe *probe = &runner->probe;

		if (runner->running && probe->finished && probe->outcome.kind == OUTCOME_READY && !probe->found_host)
			finding_note(best, &probe->outcome, &runner->place, runner->found);
	}
}

/* The ones started first are noted first, as if they had ended in this order. */
static void race_note_aside(const struct race *race, struct finding *best)
{
	for (const struct runner *runner = race->aside; runner; runner = runner->before) {
		const struct probe *probe = &runner->probe;
		struct outcome outcome =
			probe->finished && probe->outcome.kind != OUTCOME_READY ? probe->outcome : probe_expiry(probe);

		finding_note(best, &outcome, &runner->place, runner->found);
	}
}

void race_leave(struct race *race, bool keeps, struct finding *best)
{
	struct runner *runner;

	race_drop_gone(race, keeps);
	while ((runner = runner_pop(&race->runners))) {
		if (!runner->running) {
			race_end(race, runner);
			continue;
		}
		runner->is_aside = true;
		runner->source = NULL; /* one that was found may not outlive the attempt */
		race->aside_count++;
		runner_push(&race->aside, runner);
	}
	race_note_aside(race, best);
	race_keep_sockets(race, race->running);
	/* Only the end of an attempt tells those who wait for a socket. So it must leave one, or give back its own. */
	if (!session_has_socket(race->pool->session))
		race_end_aside(race);
	race_keep_sockets(race, race->running);
	race->is_open = false;
}

void race_clear(struct race *race)
{
	race_end_aside(race);
	race_end_all(race, &race->runners);
	race_keep_sockets(race, 0);
	race->is_open = false;
}
