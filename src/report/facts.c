#include "report/facts.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "report/words.h"
#include "target/scheme.h"

/* For each verdict: its name, and the state of a target that was needed and is not done; NULL: there are none. */
struct facts_words {
	const char *verdict, *state;
};

static const struct facts_words facts_words[] = {
	[VERDICT_READY] = {"ready", NULL},
	[VERDICT_TIMED_OUT] = {"timed_out", "timed_out"},
	[VERDICT_NOT_READY] = {"not_ready", "not_ready"},
	[VERDICT_GAVE_UP] = {"gave_up", "gave_up"},
	[VERDICT_SIGNALLED] = {"signalled", "waiting"},
};

const char *facts_verdict(enum verdict verdict)
{
	return facts_words[verdict].verdict;
}

bool facts_is_needed(const struct facts *facts, const struct progress *progress)
{
	return progress->state == PROGRESS_DONE ||
	       (progress->state != PROGRESS_SKIPPED && facts->verdict != VERDICT_READY);
}

const char *facts_state(const struct facts *facts, const struct progress *progress)
{
	if (progress->state == PROGRESS_DONE)
		return facts->view->down ? "down" : "ready";
	if (!facts_is_needed(facts, progress))
		return "not_needed";
	/* Its own time may have been up before the wait ended with this verdict. */
	if (progress->state == PROGRESS_EXPIRED)
		return facts_words[VERDICT_TIMED_OUT].state;
	return facts_words[facts->verdict].state;
}

int64_t facts_elapsed(const struct facts *facts, const struct progress *progress)
{
	return progress_elapsed(progress, facts->view->started, facts->view->ended);
}

char *facts_text(const struct progress *progress, bool down)
{
	struct progress shown = *progress;

	/* A detail of "ready", such as "password required", is not a reason, and other reports do not show it. */
	if (progress->outcome.kind == OUTCOME_READY)
		shown.outcome.detail[0] = '\0';
	return alloc_text(words_reason(&shown, down).text);
}

void facts_add_target(cJSON *object, const struct progress *progress, bool down)
{
	char place[PLACE_TEXT_MAX], *text = facts_text(progress, down);

	place_text(&progress->place, place, sizeof(place));
	json_add_text(object, "target", progress->target->text);
	json_add_text(object, "name", progress->target->name);
	json_add_text(object, "kind", progress->target->scheme->name);
	json_add_text(object, "address", place[0] ? place : NULL);
	json_add_whole(object, "attempts", progress->attempts);
	json_add_text(object, "reason", outcome_info(progress->outcome.kind)->name);
	json_add_text(object, "text", text);
	free(text);
}

void facts_add_verdict(cJSON *object, enum verdict verdict, int signal)
{
	json_add_text(object, "verdict", facts_verdict(verdict));
	if (signal)
		json_add_whole(object, "signal", signal);
	else
		json_add_text(object, "signal", NULL);
}
