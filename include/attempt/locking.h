/* What a protocol does that can hold a lock: its probe is ready when it has the lock, and the session stays after the wait. */
#ifndef ATTEMPT_LOCKING_H
#define ATTEMPT_LOCKING_H

#include <stdbool.h>

#include "base/errors.h"
#include "target/target.h"

/* The target of each call is one with a lock (target->lock) whose probe was ready. Its unbind ends the session, and the lock. */
struct locking {
	/* Returns the session's descriptor: when it is readable, ask `stands`. */
	int (*fd)(const struct target *target);
	/* Reads what the service sent. Returns false if the session is lost: somebody else may have the lock. */
	bool (*stands)(const struct target *target);
	/* Has a command succeeded before that is to run only once? */
	bool (*is_done)(const struct target *target);
	/* A command has succeeded: notes that if it is to run only once. Waits some seconds at most. Returns -1 with err. */
	int (*note)(const struct target *target, struct error *err);
};

#endif
