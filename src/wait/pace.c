#include "wait/pace.h"

#include <sys/random.h>

#include "base/clock.h"

/* The cost is reckoned anew after so many attempts, or so much time: one attempt at a name with a thousand addresses is long. */
enum { PACE_WINDOW = 64 };

#define PACE_WINDOW_TIME (50 * CLOCK_MS)

void pace_init(struct pace *pace, int64_t spent)
{
	*pace = (struct pace){.window_began = spent};
	if (getrandom(&pace->random, sizeof(pace->random), GRND_NONBLOCK) < 0)
		pace->random = (uint64_t)clock_now();
	pace->random |= 1; /* zero would stay zero */
}

/* xorshift64* */
uint32_t pace_random(struct pace *pace)
{
	pace->random ^= pace->random >> 12;
	pace->random ^= pace->random << 25;
	pace->random ^= pace->random >> 27;
	return (uint32_t)(pace->random * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

void pace_note(struct pace *pace, int64_t spent)
{
	int64_t taken = spent - pace->window_began, cost;

	if (++pace->window_count < PACE_WINDOW && taken < PACE_WINDOW_TIME)
		return;
	cost = taken / (int64_t)pace->window_count;
	pace->cost = pace->cost ? (pace->cost + cost) / 2 : cost;
	pace->window_began = spent;
	pace->window_count = 0;
}

int64_t pace_least(const struct pace *pace, size_t open)
{
	return pace->cost * (int64_t)open * 100 / PACE_SHARE;
}
