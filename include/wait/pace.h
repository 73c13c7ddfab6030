/* The pace of a wait for many targets: it keeps the processor time of all attempts together within a bound. */
#ifndef WAIT_PACE_H
#define WAIT_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The share of one processor that attempts may take, in percent; the first attempt at each target is not limited. With
 * everything else that waitfor does, the total stays below 25 %.
 */
enum { PACE_SHARE = 20 };

struct pace {
	uint64_t random;      /* state of the random generator */
	int64_t cost;         /* of one attempt, in microseconds of processor time; 0: not known yet */
	int64_t window_began; /* the processor time that pace_init or pace_reckon was last given */
	size_t window_count;  /* attempts since then */
};

/*
 * spent is the processor time of this process so far (clock_spent). The random generator gets its seed from the kernel:
 * clients in containers that start together have the same clock and pid, and must not have the same jitter.
 */
void pace_init(struct pace *pace, int64_t spent);

/* Returns 32 random bits. They are good enough for jitter and nothing else. */
uint32_t pace_random(struct pace *pace);

/*
 * Counts an attempt that has ended. Returns whether pace_reckon is due now: not after every attempt, because it needs
 * clock_spent, which is a system call.
 */
bool pace_count(struct pace *pace);

/*
 * Updates the cost of one attempt from spent (as above) and the attempts that were counted since the last call.
 */
void pace_reckon(struct pace *pace, int64_t spent);

/*
 * Returns the shortest time between two attempts at one target, in microseconds, that keeps open targets together
 * within PACE_SHARE; 0 until the cost is known.
 */
int64_t pace_least(const struct pace *pace, size_t open);

#endif
