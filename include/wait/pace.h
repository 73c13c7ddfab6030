/* How fast may all targets together be asked? Keeps the share of the processor that a wait for many takes within a bound. */
#ifndef WAIT_PACE_H
#define WAIT_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The share of one processor that attempts after the first ones may take, in percent: with all else it stays below 25. */
enum { PACE_SHARE = 20 };

struct pace {
	uint64_t random;
	int64_t cost;         /* of one attempt, microseconds of processor time; 0: not known yet */
	int64_t window_began; /* processor time of this process when it was last reckoned */
	size_t window_count;  /* attempts since */
};

/* spent: processor time of this process by now (clock_spent). Seeded by the kernel, since clients that were started
 * together share clock and pid. */
void pace_init(struct pace *pace, int64_t spent);

/* For jitter only. */
uint32_t pace_random(struct pace *pace);

/* An attempt has ended. Returns whether its cost is to be reckoned: not every time, since that is a system call. */
bool pace_count(struct pace *pace);
void pace_reckon(struct pace *pace, int64_t spent); /* spent as above */

/* The least time between two attempts at one target while so many are open: with it all of them stay within the share. */
int64_t pace_least(const struct pace *pace, size_t open);

#endif
