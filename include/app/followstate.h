/* What --state writes: which targets are ready, where they are, and whether the app runs. */
#ifndef APP_FOLLOWSTATE_H
#define APP_FOLLOWSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wait/follower.h"

/* The "version" of the document; docs/waitfor.1 describes it, and when it is raised. */
enum { FOLLOWSTATE_VERSION = 1 };

struct followstate {
	const struct follower *followers;
	size_t count;
	pid_t pid;       /* of the app; 0: there is none */
	bool runs;       /* it is not being stopped */
	unsigned starts; /* of the app, so far */
};

/* Is every target ready, and does the app run? */
bool followstate_is_ready(const struct followstate *state);

/* Returns the JSON, on one line with '\n' at its end. The caller frees it. */
char *followstate_text(const struct followstate *state);

#endif
