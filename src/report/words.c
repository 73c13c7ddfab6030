#include "report/words.h"

#include <stdio.h>

/* Is it as wanted, but not yet as often as wanted? */
static bool words_is_in_streak(const struct progress *progress)
{
	return progress->state != PROGRESS_DONE && progress->streak > 0;
}

/* A name that was not found says nothing of the peer: it may be misspelt. */
static const char *words_not_down(const struct progress *progress)
{
	bool answers = outcome_info(progress->outcome.kind)->answers;

	if (words_is_in_streak(progress))
		return "down so far: ";
	return answers ? "still answers: " : "not known to be down: ";
}

struct words_reason words_reason(const struct progress *progress, bool down)
{
	const struct outcome *outcome = &progress->outcome;
	bool told = down && progress->state != PROGRESS_DONE && progress->attempts > 0;
	struct words_reason reason;
	char place[PLACE_TEXT_MAX], streak[48] = "";

	place_text(&progress->place, place, sizeof(place));
	if (words_is_in_streak(progress))
		snprintf(streak, sizeof(streak), ", %u of %d in a row", progress->streak,
			 progress->target->settings.successes);
	snprintf(reason.text, sizeof(reason.text), "%s%s%s%s%s%s%s%s", told ? words_not_down(progress) : "",
		 outcome_info(outcome->kind)->text, outcome->detail[0] ? ": " : "", outcome->detail, streak,
		 place[0] ? " (" : "", place, place[0] ? ")" : "");
	return reason;
}
