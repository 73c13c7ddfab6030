/* One state machine per target, one deadline above all. */
#ifndef WAIT_WAITER_H
#define WAIT_WAITER_H

#include "base/errors.h"
#include "system/process.h"
#include "target/plan.h"
#include "wait/progress.h"
#include "wait/sinks.h"

struct waiter_result {
	enum verdict verdict;
	int signal;                /* of VERDICT_SIGNALLED */
	struct progress *progress; /* one for each target of plan, in its order */
};

/*
 * Waits for the plan's bound targets. Creates and frees the loop, the resolver and the probes, so that
 * nothing of them is there when the app starts. On success fills result, which waiter_release frees.
 */
int waiter_run(struct waiter_result *result, const struct plan *plan, const struct process *process,
	       const struct sinks *report, struct error *err);
void waiter_release(struct waiter_result *result);

#endif
