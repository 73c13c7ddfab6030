#include "wait/progress.h"

#include "wait/backoff.h"

void progress_init(struct progress *progress, const struct target *target, int64_t now)
{
	*progress = (struct progress){.target = target, .started = now, .since = now};
}

bool progress_record(struct progress *progress, const struct outcome *outcome, const struct place *place, int64_t now)
{
	enum outcome_layer layer = outcome_info(outcome->kind)->layer;
	bool changed = progress->outcome.kind != outcome->kind;

	progress->attempts++;
	progress->outcome = *outcome;
	progress->place = *place;
	if (place->address[0])
		progress->resolved = true;
	if (layer > progress->furthest) {
		progress->furthest = layer;
		progress->since = now;
	}
	return changed;
}

bool progress_is_ready(const struct progress *progress)
{
	return progress->outcome.kind == OUTCOME_READY;
}

bool progress_is_down(const struct progress *progress, bool absent_is_down)
{
	bool absent = progress->outcome.kind == OUTCOME_NO_NAME || progress->outcome.kind == OUTCOME_NO_ADDRESS;

	/* A name that never existed is most likely misspelt; one that is gone belonged to a container that stopped. */
	return outcome_is_down(&progress->outcome) || (absent && (absent_is_down || progress->resolved));
}

void progress_finish(struct progress *progress, int64_t now)
{
	progress->done = true;
	progress->finished = now;
}

void progress_expire(struct progress *progress, int64_t now)
{
	progress->expired = true;
	progress->finished = now;
}

int64_t progress_elapsed(const struct progress *progress, int64_t now)
{
	return (progress->finished ? progress->finished : now) - progress->started;
}

int64_t progress_interval(const struct progress *progress, int64_t max_interval, uint32_t random, int64_t now)
{
	/* Whoever wants it ready several times wants it to last: as many looks at once would not show that. */
	enum outcome_cost cost = progress->streak ? OUTCOME_NOISY : outcome_info(progress->outcome.kind)->cost;

	return backoff_interval(cost, now - progress->since, max_interval, random);
}
