/* The words and values about a wait and a target that are the same in all reports for programs. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "wait/progress.h"
#include "wait/sinks.h"

/* The result of a wait. */
struct facts {
	const struct sinks_view *view;
	enum verdict verdict;
	int signal;          /* 0 unless verdict is VERDICT_SIGNALLED */
	const char *started; /* clock_utc() when the wait began */
};

/* Returns the name of the verdict: "ready", "timed_out" … */
const char *facts_verdict(enum verdict verdict);

/* Returns false for a target that is not done and was not needed, because another one of its group is done. */
bool facts_is_needed(const struct facts *facts, const struct progress *progress);

/* Returns "ready" or "down"; for a target that is neither, why the wait for it ended, such as "timed_out". */
const char *facts_state(const struct facts *facts, const struct progress *progress);

/* Returns how long the target was waited for, in microseconds. */
int64_t facts_elapsed(const struct facts *facts, const struct progress *progress);

/* Returns the reason in words (words_reason). down: the wait is for the target to be gone. The caller frees it. */
char *facts_text(const struct progress *progress, bool down);

/*
 * Adds "target", "name", "kind", "address", "attempts", "reason" and "text" to object. The target must be bound
 * (probe_bind). down as above.
 */
void facts_add_target(cJSON *object, const struct progress *progress, bool down);

/* Adds "verdict" and "signal" to object; "signal" is null if signal is 0. */
void facts_add_verdict(cJSON *object, enum verdict verdict, int signal);

#endif
