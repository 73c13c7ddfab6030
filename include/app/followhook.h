/* --follow=exec:COMMAND: a command that is run each time when a target has moved, or is lost. */
#ifndef APP_FOLLOWHOOK_H
#define APP_FOLLOWHOOK_H

#include <stdbool.h>

#include "attempt/attempt.h"
#include "base/errors.h"
#include "system/env.h"
#include "system/log.h"
#include "target/target.h"

struct followhook {
	const char *command; /* as the user wrote it; NULL: none */
	const struct env *env;
	struct runner_pool *pool;
	struct log *log;
	struct target target; /* the command, while it runs */
	struct attempt *attempt;
	char *about; /* what the next run is told of; NULL: none is wanted */
	char *event;
};

/* Checks that the command can be cut into words. Returns -1 with err. */
int followhook_check(const char *command, const struct env *env, struct error *err);

/*
 * Runs the command with env as it is now, and with WAITFOR_EVENT (event: "moved" or "lost") and WAITFOR_TARGET (about). If it still
 * runs, it is run once more after that, for the last of these. A command that fails is told in log.
 */
void followhook_run(struct followhook *hook, const char *event, const char *about);

/* Ends the command, if it runs. Also valid for a zeroed one. */
void followhook_close(struct followhook *hook);

#endif
