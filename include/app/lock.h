/* --lock: the command runs while a lock is held, and gets SIGTERM if the lock is lost. */
#ifndef APP_LOCK_H
#define APP_LOCK_H

#include <stdbool.h>

#include "app/stay.h"
#include "base/errors.h"
#include "settings/config.h"
#include "system/log.h"
#include "system/process.h"
#include "target/plan.h"

/* Returns the target that is a lock; NULL: there is none. */
const struct target *lock_target(const struct plan *plan);

/*
 * Checks, with bound targets, that a command which runs only once has a lock. Returns -1 with err.
 */
int lock_check(const struct plan *plan, bool has_command, struct error *err);

/*
 * Call it when the wait for the lock is over. Has the command succeeded before, and is to run only once? Logs that.
 */
bool lock_is_done(const struct target *target, struct log *log);

/*
 * Runs the command as stay_run does, and returns the same. If the lock is lost, the command gets SIGTERM; then it is no success, -1
 * with err, even if it exits with 0. If it is to run only once and succeeds, that is noted; -1 with err if that fails.
 */
int lock_run(const struct target *target, const struct stay_call *call, struct process *process, struct error *err);

#endif
