/* A peer is the wait for one target: attempt, pause, attempt …, until the target is as wanted or its time is up. */
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

/* What all peers of a wait share, and the callbacks to their owner. All of it must outlive the peers. */
struct peer_owner {
	struct runner_pool *pool; /* its session is set */
	const struct plan *plan;
	struct pace *pace;
	/* The peer wants to start an attempt. The owner calls peer_try: now, or when a socket is free and the pace allows it. */
	void (*wants)(void *arg, struct peer *peer);
	/* An attempt ended; the target may be over now. changed: the reason is not that of the previous attempt. */
	void (*attempted)(void *arg, struct peer *peer, bool changed);
	/* The time of the target is up; the target is over. */
	void (*expired)(void *arg, struct peer *peer);
	void *arg;
};

struct peer {
	const struct peer_owner *owner;
	struct progress *progress;
	struct attempt *attempt;
	struct schedule_attempt current; /* the times of the last attempt, or of the one that runs */
	struct loop_timer pause;         /* until the next attempt */
	struct loop_timer expiry;        /* until the time of the target is up */
	bool looks_again;                /* its time was up during a freeze, and it got a little more */
};

/*
 * Begins the wait for progress->target at now (clock_now() time). The owner starts the first attempt by peer_try. owner
 * and progress must outlive the peer, which must stay where it is; the caller calls peer_close.
 */
void peer_open(struct peer *peer, const struct peer_owner *owner, struct progress *progress, int64_t now);

/* Starts an attempt if the session has a free socket for it. Returns whether it did. */
bool peer_try(struct peer *peer);

/* Ends the wait for the target in this state. A running attempt is stopped, because others may need its sockets. */
void peer_end(struct peer *peer, enum progress_state state);

/* Frees what the peer holds. Its progress stays as it is. */
void peer_close(struct peer *peer);

#endif
