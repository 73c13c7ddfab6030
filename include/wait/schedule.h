/* When is a target's next attempt, and how long may it take? Pure: clock and randomness come in. */
#ifndef WAIT_SCHEDULE_H
#define WAIT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "target/outcome.h"
#include "wait/progress.h"

/* One attempt: all are clock_now() times or microseconds. */
struct schedule_attempt {
	int64_t began;
	int64_t limit;
	int64_t deadline; /* of the target; 0: none */
};

/* What stretches the intervals, and what keeps clients apart that were started together. */
struct schedule_pace {
	int64_t least;   /* microseconds: no interval is shorter (wait/pace.h) */
	uint32_t random; /* any 32 random bits */
};

/*
 * The time from the start of one attempt to the start of the next: a share of the time waited so far
 * between a floor and a cap that depend on what an attempt costs the peer, jittered by +-20 % so that
 * clients started together drift apart (FACTS 43), and at last never more than max_interval (0: no cap
 * of the user's). A share, because a late notice is felt in proportion to the wait.
 * waited and max_interval are microseconds; random is any 32 random bits.
 */
int64_t schedule_interval(enum outcome_cost cost, int64_t waited, int64_t max_interval, uint32_t random);

/* How long an attempt that begins now may take: it ends a little before the deadline (FACTS 42), so that its reason is told. */
int64_t schedule_limit(const struct target_settings *settings, int64_t deadline, int64_t now);

/*
 * Did the deadline, not the user's limit, cut this attempt short before it found anything? Then it says nothing: a
 * peer that was silent for the last 40 ms is not down, and the reason it had before is the better one.
 */
bool schedule_was_cut(const struct schedule_attempt *attempt, const struct target_settings *settings,
		      const struct outcome *outcome, int64_t now);

/* When to try again after that attempt, whose outcome is in progress; 0 when there would be no time to tell of it. */
int64_t schedule_next(const struct schedule_attempt *attempt, const struct progress *progress,
		      const struct schedule_pace *pace, int64_t now);

#endif
