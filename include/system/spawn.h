/* Starts a program as a child that has nothing of this process but what it was handed itself. */
#ifndef SYSTEM_SPAWN_H
#define SYSTEM_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "system/env.h"

struct spawn {
	char *const *argv; /* argv[0] is looked for in the PATH of env, unless it has a '/' */
	const struct env *env;
	int output; /* becomes the child's stdout and stderr; the write end of an empty pipe, which is close-on-exec */
};

/*
 * Starts the child and returns its PID; -1 with errno. The caller collects it (system/children.h), and must have called
 * process_expect_children. The child leads a session of its own, without a terminal that it could ask for a password, and is
 * killed when this process ends. Its stdin is /dev/null, all descriptors above 2 are closed, no signal is blocked, and
 * each has its default action.
 */
pid_t spawn_start(const struct spawn *spawn);

/*
 * Returns why the program could not be started, an errno value, or 0 if it was. said is all that came out of the pipe. The child
 * tells it there, since a second pipe would cost another descriptor for each child.
 */
int spawn_trouble(const char *said, size_t len);

#endif
