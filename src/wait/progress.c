#include "wait/progress.h"

#include <stdio.h>
#include <string.h>

#include "wait/backoff.h"

void progress_init(struct progress *progress, const struct target *target, int64_t now)
{
	*progress = (struct progress){.target = target, .started = now, .since = now};
}

bool progress_record(struct progress *progress, const struct outcome *outcome, const struct progress_place *place,
		     int64_t now)
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

char *progress_place_text(const struct progress_place *place, char *out, size_t size)
{
	if (!place->address[0] || place->address[0] == '/')
		snprintf(out, size, "%s", place->address);
	else
		snprintf(out, size, strchr(place->address, ':') ? "[%s]:%u" : "%s:%u", place->address,
			 (unsigned)place->endpoint->port);
	return out;
}

/* Is it as wanted, but not yet as often as wanted? */
static bool progress_is_in_streak(const struct progress *progress)
{
	return !progress->done && progress->streak > 0;
}

struct progress_reason progress_reason(const struct progress *progress)
{
	const struct outcome *outcome = &progress->outcome;
	struct progress_reason reason;
	char place[PROGRESS_PLACE_MAX], streak[48] = "";

	progress_place_text(&progress->place, place, sizeof(place));
	if (progress_is_in_streak(progress))
		snprintf(streak, sizeof(streak), ", %u of %d in a row", progress->streak,
			 progress->target->settings.successes);
	snprintf(reason.text, sizeof(reason.text), "%s%s%s%s%s%s%s", outcome_info(outcome->kind)->text,
		 outcome->detail[0] ? ": " : "", outcome->detail, streak, place[0] ? " (" : "", place,
		 place[0] ? ")" : "");
	return reason;
}

const char *progress_not_down(const struct progress *progress)
{
	bool answers = outcome_info(progress->outcome.kind)->layer == OUTCOME_APP;

	if (progress_is_in_streak(progress))
		return "down so far: ";
	return answers ? "still answers: " : "not known to be down: ";
}
