/* The pace of a wait for many targets: it keeps the processor time of all attempts together within a bound. */
#ifndef WAIT_PACE_H
#define WAIT_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The share of one processor that a wait may take, in percent. The first attempt at each target is not limited: nobody
 * knows yet which are ready.
 */
enum { PACE_SHARE = 20 };

struct pace {
	uint64_t random;     /* state of the random generator */
	int64_t spent;       /* the processor time that pace_init or pace_reckon was last given */
	int64_t since;       /* that processor time belongs to the time from here on; a clock_now() time */
	size_t window_count; /* attempts since then */
};

/*
 * spent is the processor time of this process so far (clock_spent), now a clock_now() time. The random generator gets
 * its seed from the kernel: clients in containers that start together have the same clock and pid, and must not have
 * the same jitter.
 */
void pace_init(struct pace *pace, int64_t spent, int64_t now);

/* Returns 32 random bits. They are good enough for jitter and nothing else. */
uint32_t pace_random(struct pace *pace);

/*
 * Counts an attempt that has ended. Returns whether pace_reckon is due now: not after every attempt, because it needs
 * clock_spent, which is a system call.
 */
bool pace_count(struct pace *pace);

/*
 * Takes the processor time that was spent since the last call as the price of the attempts that were counted since then:
 * they are paid for when it is PACE_SHARE of the time that has passed. spent and now as above.
 */
void pace_reckon(struct pace *pace, int64_t spent, int64_t now);

/* Returns how long to wait until all attempts up to the last pace_reckon are paid for, in microseconds. */
int64_t pace_due(const struct pace *pace, int64_t now);

#endif
