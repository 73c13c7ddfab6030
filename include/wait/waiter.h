/* The whole wait: all targets at once, and is it over? */
#ifndef WAIT_WAITER_H
#define WAIT_WAITER_H

#include "base/errors.h"
#include "net/session.h"
#include "target/plan.h"
#include "wait/progress.h"
#include "wait/sinks.h"

struct waiter_result {
	enum verdict verdict;
	int signal;                /* of VERDICT_SIGNALLED */
	struct progress *progress; /* one for each target of plan, in its order */
};

/*
 * Waits for the plan's bound targets on the session, and leaves nothing open on it. result is filled in either case, and
 * waiter_release frees it; -1 with err where the loop failed, which proves nothing of any target.
 */
int waiter_run(struct waiter_result *result, struct session *session, const struct plan *plan,
	       const struct sinks *sinks, struct error *err);
void waiter_release(struct waiter_result *result);

#endif
