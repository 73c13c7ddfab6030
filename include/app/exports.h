/* The variables that waitfor sets for the app: DB_HOST, DB_PORT and DB_ADDR for a target named DB. */
#ifndef APP_EXPORTS_H
#define APP_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/envprint.h"
#include "base/errors.h"
#include "system/env.h"
#include "system/log.h"
#include "target/plan.h"
#include "wait/progress.h"

/* The variables to set, with their values. */
struct exports {
	struct env_variable *list;
	size_t count;
};

/*
 * Decides what each target may set. Call it before the wait, with bound targets. used: is there a command, or
 * --print-env, that gets the variables? If not, nothing is an error and nothing is logged.
 *
 * A name that comes from the host never replaces a variable that the user set, which is one whose value is not that of
 * a link or a service. Logs how to replace it. A name that the user gave as NAME= and --pin do replace it. env is what
 * the app gets.
 *
 * The first target with a name owns it. For the others:
 * - If one of them is enough (--any, or an "any" group), and they have the same host or the user gave the name to each,
 *   they share the name: whichever is ready sets the variables.
 * - Else, if they have the same host, only the owner sets variables. If the ports differ, logs how to name the other.
 * - Else it is an error, which suggests a name.
 * Does nothing with --no-export.
 */
int exports_assign(struct plan *plan, const struct env *env, bool used, struct log *log, struct error *err);

/* Call it after exports_assign. Returns whether the target may set variables. Each target that shares a name may. */
bool exports_may_set(const struct plan *plan, size_t index);

/* Returns the name of the target's variable, such as "DB_HOST". The target must have a name. The caller's. */
char *exports_variable(const struct target *target, enum target_variable variable);

/*
 * Call it after the wait. Fills exports with the variables of every target that owns a name. progress has one entry
 * for each target of the plan. exports must be freed with exports_release.
 * - NAME_HOST is the host as given, so that the app can resolve it again. It is the address with --pin, or if the
 *   address is from a link or service variable, because then the host may not resolve. Of a target that is elsewhere
 *   (target/target.h) it is the host that was found, with its port; nothing is set if it is not ready.
 * - NAME_PORT is the port in digits. It is not set for a Unix socket that has no port.
 * - NAME_ADDR is the address that answered; it is set only for a target that is ready.
 * A variable that the user set is left out, as exports_assign says.
 */
void exports_collect(struct exports *exports, const struct plan *plan, const struct progress *progress);
void exports_release(struct exports *exports);

/*
 * The same for --hold, before the wait: the place of each target is 127.0.0.1, at the port that `port` returns for its index. These
 * replace what the user set: whoever connected to that would not be held.
 */
void exports_collect_held(struct exports *exports, const struct plan *plan,
			  uint16_t (*port)(const void *arg, size_t index), const void *arg);

/* Sets the variables in env. */
void exports_apply(const struct exports *exports, struct env *env);

#endif
