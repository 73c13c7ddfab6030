#include "attempt/race.h"

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

static void race_on_probe(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct runner *runner = arg;
	struct race *race = runner->race;

	(void)probe;
	runner->running = false;
	race->running--;
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
	runner->before = race->runners;
	race->runners = runner;
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

void race_clear(struct race *race)
{
	while (race->runners) {
		struct runner *runner = race->runners;

		race->runners = runner->before;
		probe_release(&runner->probe);
		runner_give(race->pool, runner);
	}
	race->running = 0;
	race_keep_sockets(race, 0);
}
