/* The addresses that an attempt tries side by side, and the sockets that they have of the session. */
#ifndef ATTEMPT_RACE_H
#define ATTEMPT_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/runner.h"
#include "net/resolve.h"
#include "target/target.h"

/* Zero it, and set the first four. pool and target must outlive it. */
struct race {
	struct runner_pool *pool;
	const struct target *target;
	/* Called for each runner, on a later turn of the loop than race_run. What its probe found stays until race_clear. */
	void (*done)(void *arg, struct runner *runner, const struct outcome *outcome);
	void *arg;
	struct runner *runners; /* list; the one that was started last comes first */
	size_t running;         /* how many of them run */
	size_t sockets;         /* how many it has of the session: for those that run, and the next one */
};

/* Returns the sockets above this number to the session. */
void race_keep_sockets(struct race *race, size_t number);

/* Makes sure that there is a socket for one more address. Returns false if the session has none now. */
bool race_take_socket(struct race *race);

/*
 * Starts a probe, for which there must be a socket. source and address are NULL for a target without endpoints. limit is in
 * microseconds; last is how the attempt before ended.
 */
void race_run(struct race *race, const struct source *source, const struct resolve_address *address, int64_t limit,
	      enum outcome_kind last);

/* Stops what runs, and returns everything to the pool and the session. */
void race_clear(struct race *race);

#endif
