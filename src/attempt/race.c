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
	if (address)
		race_place(runner, source, address);
	probe_init(&runner->probe, runner->state, session->loop, race->target, source ? source->endpoint : NULL,
		   address ? &address->address : NULL, limit, race_on_probe, runner);
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
	struct runner *runner = runner_find(race->aside, &address->address, source->found);

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
		if (runner->probe.finished)
			return INT64_MAX;
		left = runner->began - now;
		left += probe_is_connected(&runner->probe) ? RACE_REPLY_DELAY : RACE_CONNECT_DELAY;
		if (left > longest)
			longest = left;
	}
	return longest;
}

void race_leave(struct race *race, struct finding *best)
{
	struct runner *runner;

	race_end_all(race, &race->aside);
	while ((runner = runner_pop(&race->runners))) {
		struct outcome outcome = probe_expiry(&runner->probe);

		if (!runner->running) {
			race_end(race, runner);
			continue;
		}
		finding_note(best, &outcome, &runner->place, runner->found);
		runner->is_aside = true;
		runner_push(&race->aside, runner);
	}
	race->aside_count = race->running;
	race_keep_sockets(race, race->running);
	race->is_open = false;
}

void race_clear(struct race *race)
{
	race_end_all(race, &race->aside);
	race_end_all(race, &race->runners);
	race->aside_count = 0;
	race_keep_sockets(race, 0);
	race->is_open = false;
}
