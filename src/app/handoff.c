#include "app/handoff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/interpreter.h"
#include "base/alloc.h"

/* If PATH is not set, musl, glibc and dash search in these. */
#define HANDOFF_PATH "/usr/local/bin:/bin:/usr/bin"

/* Returns the errno value with which execve would fail, as far as it is known before, or 0. */
static int handoff_check(const char *path)
{
	struct stat found;

	if (stat(path, &found))
		return errno;
	if (S_ISDIR(found.st_mode))
		return EISDIR;
	return access(path, X_OK) ? errno : 0;
}

/* As handoff_check, for what the program needs besides its own file. */
static int handoff_check_needs(const char *path)
{
	struct error ignored = {0};

	return interpreter_check(path, &ignored);
}

/* Returns the exit code for an errno value. */
static int handoff_code(int error_number)
{
	return error_number == ENOENT || error_number == ENOTDIR ? HANDOFF_NOT_FOUND : HANDOFF_CANNOT_EXEC;
}

static const char *handoff_reason(int error_number)
{
	return error_number == EISDIR ? "it is a directory" : strerror(error_number);
}

/*
 * Returns the first executable file of that name in path, a list as in PATH. If there is none, returns the first that
 * exists, as a shell does, and sets *reason to an errno value; NULL if none exists. The caller's.
 */
static char *handoff_search(const char *command, const char *path, int *reason)
{
	char *second_best = NULL;

	*reason = ENOENT;
	for (;;) {
		size_t len = strcspn(path, ":");
		/* An empty entry is the current directory (POSIX, 8.3). */
		char *candidate = alloc_format("%.*s%s%s", (int)len, path, len ? "/" : "", command);
		int error_number = handoff_check(candidate);
		bool is_there = error_number != ENOENT && error_number != ENOTDIR;

		/* execvp tries the next folder if the interpreter is missing. */
		if (error_number == 0)
			error_number = handoff_check_needs(candidate);
		if (error_number == 0) {
			free(second_best);
			*reason = 0;
			return candidate;
		}
		if (is_there && !second_best) {
			second_best = candidate;
			*reason = error_number;
		} else {
			free(candidate);
		}
		if (!path[len])
			return second_best;
		path += len + 1;
	}
}

/*
 * Checks what "#!/usr/bin/env NAME" looks for: env finds NAME in the same PATH, and would exit with 127. Returns -1 with
 * err.
 */
static int handoff_check_env(const char *script, const char *path, struct error *err)
{
	char *name = interpreter_for_env(script), *found;
	int reason, failed = 0;

	if (!name || strchr(name, '/')) {
		free(name);
		return 0;
	}
	found = handoff_search(name, path, &reason);
	if (!found && name[strlen(name) - 1] == '\r')
		failed = errors_set(err, INTERPRETER_CARRIAGE_RETURN, script);
	else if (!found)
		failed =
			errors_set(err, "cannot run \"%s\": its first line asks env for %s, which is not found in PATH",
				   script, name);
	free(found);
	free(name);
	return failed;
}

char *handoff_find(const char *command, const struct env *env, int *exit_code, struct error *err)
{
	const char *path = env_get(env, "PATH");
	char *found;
	int reason;

	if (strchr(command, '/')) {
		found = alloc_text(command);
		reason = handoff_check(found);
		if (reason == 0)
			reason = handoff_check_needs(found);
	} else if (!*command) {
		found = NULL;
		reason = ENOENT;
	} else {
		found = handoff_search(command, path ? path : HANDOFF_PATH, &reason);
	}
	if (reason == 0 && handoff_check_env(found, path ? path : HANDOFF_PATH, err) == 0)
		return found;
	*exit_code = reason ? handoff_code(reason) : HANDOFF_NOT_FOUND;
	if (err->set || (found && handoff_check(found) == 0 && interpreter_check(found, err)))
		; /* it says what the program needs */
	else if (!found || (reason == ENOENT && !strchr(command, '/')))
		errors_set(err, "command \"%s\" not found in PATH; write its full path, or fix PATH", command);
	else
		errors_set(err, "cannot run \"%s\": %s", found, handoff_reason(reason));
	free(found);
	return NULL;
}

/* Executes the command. Returns only if that fails: the exit code, with err. */
static int handoff_run(const char *path, char **command, const struct env *env, struct error *err)
{
	int reason;

	execve(path, command, env->list);
	reason = errno;
	if (reason == ENOEXEC)
		errors_set(err, "cannot run \"%s\": it is not a program; a script needs a first line such as #!/bin/sh",
			   path);
	else if (reason == ENOENT)
		errors_set(err,
			   "cannot run \"%s\": the file, or the interpreter or loader that it needs, does not exist",
			   path);
	else
		errors_set(err, "cannot run \"%s\": %s", path, strerror(reason));
	return handoff_code(reason);
}

int handoff_exec(const char *path, char **command, const struct env *env, const struct process *process,
		 struct error *err)
{
	process_give_back(process);
	return handoff_run(path, command, env, err);
}

int handoff_exec_child(const char *path, char **command, const struct env *env, const struct process *process,
		       struct error *err)
{
	process_give_to_child(process);
	return handoff_run(path, command, env, err);
}
