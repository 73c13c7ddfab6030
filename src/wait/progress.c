#include "wait/progress.h"

void progress_init(struct progress *progress, const struct target *target, int64_t now)
{
	*progress = (struct progress){.target = target, .state = PROGRESS_QUEUED, .since = now};
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
	bool absent = outcome_is_absent(progress->outcome.kind);

	/* A name that never resolved is probably misspelt. A name that did belonged to a container that has stopped. */
	return outcome_info(progress->outcome.kind)->down || (absent && (absent_is_down || progress->resolved));
}

void progress_end(struct progress *progress, enum progress_state state, int64_t now)
{
	progress->state = state;
	progress->next = 0;
	if (state == PROGRESS_DONE || state == PROGRESS_EXPIRED)
		progress->finished = now;
}

bool progress_is_over(const struct progress *progress)
{
	return progress->state >= PROGRESS_DONE;
}

int64_t progress_elapsed(const struct progress *progress, int64_t started, int64_t now)
{
	return (progress->finished ? progress->finished : now) - started;
}
