/* The whole wait: waits for all targets in parallel, and decides when the wait is over. */
#ifndef WAIT_WAITER_H
#define WAIT_WAITER_H

#include "base/errors.h"
#include "net/session.h"
#include "target/plan.h"
#include "wait/progress.h"
#include "wait/sinks.h"

struct waiter_result {
	enum verdict verdict;
	int signal;                /* 0 unless the verdict is VERDICT_SIGNALLED */
	struct progress *progress; /* one for each target of plan, in the same order */
};

/*
 * Waits for the targets of plan, which must be bound (probe_bind), and reports to sinks. Afterwards nothing of the wait
 * is open on session. Returns -1 with err if the loop failed; the verdict is then VERDICT_NOT_READY. result is always
 * filled; the caller frees it with waiter_release.
 */
int waiter_run(struct waiter_result *result, struct session *session, const struct plan *plan,
	       const struct sinks *sinks, struct error *err);
void waiter_release(struct waiter_result *result);

#endif
