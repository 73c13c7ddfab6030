/* One target's state machine: an attempt, a pause, the next attempt, until it is as wanted or its time is up. */
#ifndef WAIT_PEER_H
#define WAIT_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt/attempt.h"
#include "net/session.h"
#include "target/plan.h"
#include "wait/pace.h"
#include "wait/progress.h"
#include "wait/schedule.h"

struct peer;

/* What all peers of a wait share, and how they tell its owner what happens. All of it must outlive them. */
struct peer_owner {
	struct attempt_pool *pool; /* with the session */
	const struct plan *plan;
	struct pace *pace;
	size_t *open; /* how many targets are not over: what the pace is reckoned with */
	/* It wants an attempt: peer_try at once, or later when a socket can be had. */
	void (*wants)(void *arg, struct peer *peer);
	/* An attempt ended; the target may be over by it. changed: for another reason than the one before. */
	void (*attempted)(void *arg, struct peer *peer, bool changed);
	/* Its time is up, and it is over. */
	void (*expired)(void *arg, struct peer *peer);
	void *arg;
};

struct peer {
	const struct peer_owner *owner;
	struct progress *progress;
	struct attempt *attempt;
	struct schedule_attempt current;
	struct loop_timer pause, expiry;
};

/* Begins to wait at now (clock_now() time) for progress->target. Its first attempt is the owner's to begin. */
void peer_open(struct peer *peer, const struct peer_owner *owner, struct progress *progress, int64_t now);

/* Begins an attempt, for which the session must have a socket. Returns whether it has. */
bool peer_try(struct peer *peer);

/* Ends the wait for it in that state. An attempt that is running is broken off, since others may wait for its sockets. */
void peer_end(struct peer *peer, enum progress_state state);

/* Frees what it holds; its progress stays as it is. */
void peer_close(struct peer *peer);

#endif
