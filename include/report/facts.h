/* What every report for machines tells of a wait and of a target, in the same words. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "wait/progress.h"
#include "wait/sinks.h"

/* What a wait came to. */
struct facts {
	const struct sinks_view *view;
	enum verdict verdict;
	int signal;          /* of VERDICT_SIGNALLED, else 0 */
	const char *started; /* events_time() of the begin */
};

/* "ready", "timed_out", ... */
const char *facts_verdict(enum verdict verdict);

/* False for a target that is not done, and need not be: another one of its group is. */
bool facts_is_needed(const struct facts *facts, const struct progress *progress);

/* "ready" or "down"; for a target that is neither, why it was not waited for any longer. */
const char *facts_state(const struct facts *facts, const struct progress *progress);

/* Microseconds that the target was waited for. */
int64_t facts_elapsed(const struct facts *facts, const struct progress *progress);

/* The reason in words. The caller's. */
char *facts_text(const struct progress *progress, bool down);

/* Adds "target", "name", "kind", "address", "attempts", "reason" and "text". The target is bound (probe_bind). */
void facts_add_target(cJSON *object, const struct progress *progress, bool down);

/* Adds "verdict" and "signal". */
void facts_add_verdict(cJSON *object, enum verdict verdict, int signal);

#endif
