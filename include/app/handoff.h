/* Replaces this process by the command. */
#ifndef APP_HANDOFF_H
#define APP_HANDOFF_H

#include "base/errors.h"
#include "system/env.h"
#include "system/process.h"

enum { HANDOFF_CANNOT_EXEC = 126, HANDOFF_NOT_FOUND = 127 };

/*
 * Finds the command as execvp does, in env's PATH. Call it before the wait, so that a misspelt command is reported
 * immediately. Returns the path; the caller's. On failure returns NULL and sets *exit_code to HANDOFF_NOT_FOUND or
 * HANDOFF_CANNOT_EXEC.
 */
char *handoff_find(const char *command, const struct env *env, int *exit_code, struct error *err);

/*
 * Restores the signal mask and executes path with command as its argv. Returns only if execve fails: the exit code
 * HANDOFF_NOT_FOUND or HANDOFF_CANNOT_EXEC, with err set. If an ending signal is pending or arrives before execve,
 * the process exits with 128+n (FACTS 36).
 */
int handoff_exec(const char *path, char **command, const struct env *env, const struct process *process,
		 struct error *err);

/* The same in a child of the process (process_give_to_child). A signal before execve is the child's. */
int handoff_exec_child(const char *path, char **command, const struct env *env, const struct process *process,
		       struct error *err);

#endif
