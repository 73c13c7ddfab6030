/* One state machine per target, one deadline above all. */
#ifndef WAITER_H
#define WAITER_H

#include "config.h"
#include "errors.h"
#include "process.h"
#include "progress.h"
#include "report.h"

struct waiter_result {
	enum report_verdict verdict;
	int signal;                /* of REPORT_SIGNALLED */
	struct progress *progress; /* one for each target of config, in its order */
};

/*
 * Waits for config's bound targets. Creates and frees the loop, the resolver and the probes, so that
 * nothing of them is there when the app starts. On success fills result, which waiter_release frees.
 */
int waiter_run(struct waiter_result *result, const struct config *config, const struct process *process,
	       const struct report *report, struct error *err);
void waiter_release(struct waiter_result *result);

#endif
