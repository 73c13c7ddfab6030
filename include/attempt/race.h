/* The addresses that an attempt tries side by side, and the sockets that they have of the session. */
#ifndef ATTEMPT_RACE_H
#define ATTEMPT_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/finding.h"
#include "attempt/runner.h"
#include "net/resolve.h"
#include "target/target.h"

/* Zero it, and set the first four. pool and target must outlive it. */
struct race {
	struct runner_pool *pool;
	const struct target *target;
	/*
	 * Called for each runner that was not left aside, and for those that were if they are READY: then between two
	 * attempts as well. It is a later turn of the loop than that of race_run. What the probe found stays until race_clear.
	 */
	void (*done)(void *arg, struct runner *runner, const struct outcome *outcome);
	void *arg;
	struct runner *runners; /* list; the one that was started last comes first */
	struct runner *aside;   /* list; those that the attempt before left running, because they hang */
	size_t running;         /* how many run, of both lists */
	size_t aside_count;
	size_t sockets; /* how many it has of the session: for those that run, and the next one */
	bool is_open;   /* an attempt is running */
};

/* Begins an attempt. The caller has taken a socket for it, which is the race's now. */
void race_open(struct race *race);

/* How long an address hangs, once it is connected and before: its head start over the next one. */
#define RACE_CONNECT_DELAY (250 * CLOCK_MS) /* RFC 8305, 5 */
#define RACE_REPLY_DELAY   (1 * CLOCK_S)    /* for a connected server a second connection would be work */

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

/*
 * Is there a runner aside for this address? Then it becomes one of this attempt: another connection would hang as well.
 * source is where the address is from now.
 */
bool race_take_over(struct race *race, const struct source *source, const struct resolve_address *address);

/*
 * Returns how long the attempt must wait until all that it runs hangs: microseconds; 0: it does so, or nothing runs;
 * INT64_MAX: one has an outcome already, of which done is told next.
 */
int64_t race_patience(const struct race *race);

/*
 * Ends an attempt: what runs is left aside for the next one. For this attempt it counts as if its time were up, so best is
 * what it would be if the attempt had waited. What was aside and was not taken over is stopped.
 */
void race_leave(struct race *race, struct finding *best);

/* Stops what runs, and returns everything to the pool and the session. */
void race_clear(struct race *race);

#endif
