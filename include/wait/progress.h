/*
 * How far the wait for one target has come. Reports show it, exports take places from it, the schedule depends on it.
 */
#ifndef WAIT_PROGRESS_H
#define WAIT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

/* In PROGRESS_DONE and all states after it the target is over: no other attempt will be made. */
enum progress_state {
	PROGRESS_PAUSED,  /* between two attempts */
	PROGRESS_QUEUED,  /* an attempt is due and waits for a free socket */
	PROGRESS_TRYING,  /* an attempt is running */
	PROGRESS_DONE,    /* as wanted: ready or, under --down, gone */
	PROGRESS_MISSED,  /* --once: its only attempt did not find it as wanted */
	PROGRESS_EXPIRED, /* its time was up */
	PROGRESS_SKIPPED  /* not needed any more: another target of its group is done. It may have expired before */
};

struct progress {
	const struct target *target;
	enum progress_state state;
	struct outcome outcome; /* of the last attempt */
	struct place place;     /* of the last attempt */
	unsigned attempts;
	unsigned streak;             /* attempts in a row that found it as wanted */
	int64_t finished;            /* clock_now() time when it was done or expired; 0 before */
	bool resolved;               /* an attempt had an address for it at least once */
	enum outcome_layer furthest; /* of all attempts so far */
	int64_t since;               /* when it reached furthest; the growth of the pauses counts from here */
	int64_t next;                /* when the next attempt begins; 0 while one runs, and if there will be none */
};

/*
 * Begins in PROGRESS_QUEUED: the first attempt is due. now is when the wait began. All times are clock_now() times.
 * target must outlive progress.
 */
void progress_init(struct progress *progress, const struct target *target, int64_t now);

/* Records the result of an attempt that ended now. Returns whether its kind is not that of the previous attempt. */
bool progress_record(struct progress *progress, const struct outcome *outcome, const struct place *place, int64_t now);

/* Did the last attempt find the target ready? */
bool progress_is_ready(const struct progress *progress);

/*
 * Did the last attempt find the target down? If its name does not resolve, that means down only if the name resolved
 * before or absent_is_down is true (--down=absent).
 */
bool progress_is_down(const struct progress *progress, bool absent_is_down);

/* Ends the wait for the target. state is PROGRESS_DONE or one of the states after it. */
void progress_end(struct progress *progress, enum progress_state state, int64_t now);
bool progress_is_over(const struct progress *progress);

/* Microseconds from started, when the wait began, until the target was done or expired, else until now. */
int64_t progress_elapsed(const struct progress *progress, int64_t started, int64_t now);

#endif
