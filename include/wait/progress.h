/* How far the wait for one target has come: what the reports tell, the exports use and the backoff follows. */
#ifndef WAIT_PROGRESS_H
#define WAIT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

struct progress {
	const struct target *target;
	bool done;              /* ready; under --down: gone */
	struct outcome outcome; /* of the last attempt */
	struct place place;     /* of the last attempt */
	unsigned attempts;
	unsigned streak;  /* attempts in a row that found it as wanted */
	bool expired;     /* its time is up */
	bool spared;      /* not waited for any more: another of its group is there */
	int64_t started;  /* when the wait began */
	int64_t finished; /* when it was done or its time was up; 0 before */
	bool resolved;    /* its name led to an address at least once */
	enum outcome_layer furthest;
	int64_t since; /* when it last got further than ever before: the backoff counts from here */
	int64_t next;  /* when the next attempt begins; 0 while one runs, and where none will */
	bool trying;   /* an attempt runs whose outcome counts */
};

void progress_init(struct progress *progress, const struct target *target, int64_t now);

/* Takes in what an attempt that ended now gave. Returns true when its reason is another than last time. */
bool progress_record(struct progress *progress, const struct outcome *outcome, const struct place *place, int64_t now);

/* Is the target done, given the last attempt? absent_is_down: a name that never existed is down too (--down=absent). */
bool progress_is_ready(const struct progress *progress);
bool progress_is_down(const struct progress *progress, bool absent_is_down);

void progress_finish(struct progress *progress, int64_t now);
void progress_expire(struct progress *progress, int64_t now);

/* Microseconds that it was waited for by now, or until it was done or its time was up. */
int64_t progress_elapsed(const struct progress *progress, int64_t now);

/* Microseconds from the start of the last attempt to the start of the next (backoff.h). */
int64_t progress_interval(const struct progress *progress, int64_t max_interval, uint32_t random, int64_t now);

#endif
