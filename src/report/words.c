#include "report/words.h"

#include <stdio.h>

/* Is the target as wanted, but not yet as often in a row as --successes asks for? */
static bool words_is_in_streak(const struct progress *progress)
{
	return progress->state != PROGRESS_DONE && progress->streak > 0;
}

struct words_parts {
	const char *before, *text, *hint;
};

/* --down: what the last attempt means for a target that is not down. */
static struct words_parts words_not_down(const struct progress *progress)
{
	enum outcome_kind kind = progress->outcome.kind;
	const struct outcome_info *info = outcome_info(kind);

	if (words_is_in_streak(progress))
		return (struct words_parts){"down so far: ", info->text, ""};
	if (kind == OUTCOME_READY)
		return (struct words_parts){"", "still up", ""};
	if (info->answers)
		return (struct words_parts){"still answers: ", info->text, ""};
	/* The name may be misspelt, so this is no proof that the target is down. */
	if (outcome_is_absent(kind))
		return (struct words_parts){"", kind == OUTCOME_NO_NAME ? "name does not resolve" : info->text,
					    " (if that means down, use --down=absent)"};
	return (struct words_parts){"cannot tell whether it is down: ", info->text, ""};
}

struct words_reason words_reason(const struct progress *progress, bool down)
{
	const struct outcome *outcome = &progress->outcome;
	struct words_parts parts = {"", outcome_info(outcome->kind)->text, ""};
	struct words_reason reason;
	char place[PLACE_ALL_MAX], streak[48] = "";

	if (down && progress->state != PROGRESS_DONE && progress->attempts > 0)
		parts = words_not_down(progress);
	place_all_text(&progress->place, place, sizeof(place));
	if (words_is_in_streak(progress))
		snprintf(streak, sizeof(streak), ", %u of %d in a row", progress->streak,
			 progress->target->settings.successes);
	snprintf(reason.text, sizeof(reason.text), "%s%s%s%s%s%s%s%s%s", parts.before, parts.text,
		 outcome->detail[0] ? ": " : "", outcome->detail, streak, place[0] ? " (" : "", place,
		 place[0] ? ")" : "", parts.hint);
	return reason;
}
