/* One state machine per target, one deadline above all. */
#ifndef WAITER_H
#define WAITER_H

#include "config.h"
#include "errors.h"
#include "process.h"
#include "progress.h"
#include "report.h"

enum waiter_verdict {
	WAITER_READY,     /* what the user waits for is there */
	WAITER_TIMED_OUT, /* the time is up */
	WAITER_NOT_READY, /* --once: the one round did not find it */
	WAITER_GAVE_UP,   /* --fail-fast: waiting does not help */
	WAITER_SIGNALLED  /* an ending signal came */
};

struct waiter_result {
	enum waiter_verdict verdict;
	int signal;                /* of WAITER_SIGNALLED */
	struct progress *progress; /* one for each target of config, in its order */
};

/*
 * Waits for config's bound targets. Creates and frees the loop, the resolver and the probes, so that
 * nothing of them is there when the app starts. On success fills result, which waiter_release frees.
 */
int waiter_run(struct waiter_result *result, const struct config *config, const struct process *process,
	       struct report_sink *report, struct error *err);
void waiter_release(struct waiter_result *result);

#endif
