/* When does the next attempt at a target begin, and how long may it take? Pure: time and randomness are arguments. */
#ifndef WAIT_SCHEDULE_H
#define WAIT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "target/outcome.h"
#include "wait/progress.h"

/* The times of one attempt. */
struct schedule_attempt {
	int64_t began;    /* clock_now() time */
	int64_t limit;    /* microseconds */
	int64_t deadline; /* of the target; clock_now() time; 0: none */
};

/*
 * Returns the time from the start of one attempt to the start of the next. It is a percentage of the time waited so
 * far, because a delay matters in proportion to the wait. A floor and a cap limit it; percentage, floor and cap depend
 * on what an attempt costs the peer. Jitter of +-20 % follows, so that clients that started together do not stay
 * together (FACTS 43). max_interval caps the result; 0 means no such cap. All times are microseconds. random is any 32
 * random bits.
 */
int64_t schedule_interval(enum outcome_cost cost, int64_t waited, int64_t max_interval, uint32_t random);

/*
 * Returns how long an attempt that begins now may take, in microseconds. It ends a little before the deadline (FACTS
 * 42), so that the last report has its reason. deadline and now are clock_now() times; deadline 0 means none.
 */
int64_t schedule_limit(const struct target_settings *settings, int64_t deadline, int64_t now);

/*
 * Did the deadline end this attempt earlier than the user's attempt timeout would have, and before it found anything?
 * Then its outcome proves nothing: a peer that was silent for the last 40 ms is not down. The previous reason is the
 * better one.
 */
bool schedule_was_cut(const struct schedule_attempt *attempt, const struct target_settings *settings,
		      const struct outcome *outcome, int64_t now);

/*
 * Returns when the next attempt begins, after an attempt whose outcome is in progress; a clock_now() time. 0 if no
 * other attempt would get a result before the deadline. random is any 32 random bits.
 */
int64_t schedule_next(const struct schedule_attempt *attempt, const struct progress *progress, uint32_t random,
		      int64_t now);

#endif
