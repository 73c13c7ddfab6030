/* Put the process back as it was found, exec; never returns on success. */
#ifndef APP_HANDOFF_H
#define APP_HANDOFF_H

#include "base/errors.h"
#include "system/env.h"
#include "system/process.h"

enum { HANDOFF_CANNOT_EXEC = 126, HANDOFF_NOT_FOUND = 127 };

/*
 * Where execvp would find the command, in env's PATH: before the wait, so that a typing error is told
 * at once and not after a minute. Gives the path (the caller's), or NULL with err and the exit code.
 */
char *handoff_find(const char *command, const struct env *env, int *exit_code, struct error *err);

/*
 * Replaces the process. Comes back only with err and the exit code when execve fails; ends it with
 * 128+n when an ending signal is there or comes before the app is (FACTS 36).
 */
int handoff_exec(const char *path, char **command, const struct env *env, const struct process *process,
		 struct error *err);

#endif
