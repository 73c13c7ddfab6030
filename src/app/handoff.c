#include "app/handoff.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

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

		if (error_number == 0) {
			free(second_best);
			*reason = 0;
			return candidate;
		}
		if (error_number != ENOENT && error_number != ENOTDIR && !second_best) {
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

char *handoff_find(const char *command, const struct env *env, int *exit_code, struct error *err)
{
	const char *path = env_get(env, "PATH");
	char *found;
	int reason;

	if (strchr(command, '/')) {
		found = alloc_text(command);
		reason = handoff_check(found);
	} else if (!*command) {
		found = NULL;
		reason = ENOENT;
	} else {
		/* If PATH is not set, musl, glibc and dash search in these. */
		found = handoff_search(command, path ? path : "/usr/local/bin:/bin:/usr/bin", &reason);
	}
	if (reason == 0)
		return found;
	*exit_code = handoff_code(reason);
	if (reason == ENOENT && !strchr(command, '/'))
		errors_set(err, "command \"%s\" not found in PATH; write its full path, or fix PATH", command);
	else
		errors_set(err, "cannot run \"%s\": %s", found, handoff_reason(reason));
	free(found);
	return NULL;
}

int handoff_exec(const char *path, char **command, const struct env *env, const struct process *process,
		 struct error *err)
{
	int signal_number = process_pending_signal(process), reason;

	if (signal_number)
		_exit(process_exit_code(signal_number));
	process_give_back(process);
	execve(path, command, env->list);
	reason = errno;
	signal(SIGPIPE, SIG_IGN); /* if nothing reads stderr, the exit code must still be right */
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
