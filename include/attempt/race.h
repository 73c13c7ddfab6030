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

/*
 * Zero it, and set the first four. pool and target must outlive it. What is aside was started by an attempt before: it hangs,
 * and goes on in the background.
 */
struct race {
	struct runner_pool *pool;
	const struct target *target;
	/*
	 * Called on a later turn of the loop than race_run for each runner that ends while it is not aside; and if it is,
	 * when it is READY here: then perhaps between two attempts. What its probe found stays until race_leave or race_clear.
	 */
	void (*done)(void *arg, struct runner *runner, const struct outcome *outcome);
	void *arg;
	struct runner *runners; /* list; the one that was started last comes first */
	struct runner *aside;   /* list; of each attempt the one that was started first comes first */
	size_t running;         /* how many run, of both lists */
	size_t aside_count;
	size_t sockets; /* how many it has of the session: for those that run, and the next one */
	bool is_open;   /* an attempt is running */
};

/* Begins an attempt. The caller has taken a socket for it, which is the race's now. */
void race_open(struct race *race);

/* RFC 8305, 5: the head start of one address over the next. One that is not connected then hangs. */
#define RACE_CONNECT_DELAY (250 * CLOCK_MS)

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
 * Is there a runner aside for this address of the source? Then it becomes one of this attempt: another connection would hang
 * as well.
 */
bool race_take_over(struct race *race, const struct source *source, const struct resolve_address *address);

/*
 * Returns how long it takes until all hangs that runs for this attempt: microseconds, 0 if it does now; INT64_MAX if one is
 * connected, or has an outcome of which done is told next.
 */
int64_t race_patience(const struct race *race);

/* Takes into best what a runner has found ready, if done is told of it only on the next turn. */
void race_note_ready(const struct race *race, struct finding *best);

/*
 * Ends an attempt: what runs is left aside, unless the session has no other socket for the next attempt. What was aside and
 * not taken over is stopped, as its address is none of the target's any more; if keeps is true, that is not known yet. For
 * this attempt all counts as if its time were up, so best is what it would be if the attempt had waited.
 */
void race_leave(struct race *race, bool keeps, struct finding *best);

/* Stops what runs, and returns everything to the pool and the session. */
void race_clear(struct race *race);

#endif
