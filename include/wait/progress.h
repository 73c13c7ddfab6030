/* How far the wait for one target has come: what the reports tell, the exports use and the schedule follows. */
#ifndef WAIT_PROGRESS_H
#define WAIT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

/* From PROGRESS_DONE on the target is over: no other attempt will be made. */
enum progress_state {
	PROGRESS_PAUSED, /* between two attempts */
	PROGRESS_QUEUED, /* wants one, and too many are running */
	PROGRESS_TRYING, /* in one whose outcome counts */
	PROGRESS_DONE,   /* ready; under --down: gone */
	PROGRESS_MISSED, /* --once: its one attempt found it otherwise */
	PROGRESS_EXPIRED,
	PROGRESS_SKIPPED /* not waited for any more: another of its group is there. It may have expired before */
};

struct progress {
	const struct target *target;
	enum progress_state state;
	struct outcome outcome; /* of the last attempt */
	struct place place;     /* of the last attempt */
	unsigned attempts;
	unsigned streak;  /* attempts in a row that found it as wanted */
	int64_t finished; /* when it was done or its time was up; 0 before */
	bool resolved;    /* its name led to an address at least once */
	enum outcome_layer furthest;
	int64_t since; /* when it last got further than ever before: the backoff counts from here */
	int64_t next;  /* when the next attempt begins; 0 while one runs, and where none will */
};

/* Its first attempt is still to come: PROGRESS_QUEUED. now: when the wait began. */
void progress_init(struct progress *progress, const struct target *target, int64_t now);

/* Takes in what an attempt that ended now gave. Returns true when its reason is another than last time. */
bool progress_record(struct progress *progress, const struct outcome *outcome, const struct place *place, int64_t now);

/* Is the target as wanted, given the last attempt? absent_is_down: a name that never existed is down too (--down=absent). */
bool progress_is_ready(const struct progress *progress);
bool progress_is_down(const struct progress *progress, bool absent_is_down);

/* The target is over now; state is PROGRESS_DONE or one that follows it. */
void progress_end(struct progress *progress, enum progress_state state, int64_t now);
bool progress_is_over(const struct progress *progress);

/* Microseconds that it was waited for by now, or until it was done or its time was up. started: when the wait began. */
int64_t progress_elapsed(const struct progress *progress, int64_t started, int64_t now);

#endif
