#include "wait/pace.h"

#include <sys/random.h>

#include "base/clock.h"

enum { PACE_WINDOW = 16 };

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

bool pace_count(struct pace *pace)
{
	return ++pace->window_count >= PACE_WINDOW;
}

void pace_reckon(struct pace *pace, int64_t spent)
{
	int64_t cost = (spent - pace->window_began) / (int64_t)pace->window_count;

	pace->cost = pace->cost ? (pace->cost * 3 + cost) / 4 : cost;
	pace->window_began = spent;
	pace->window_count = 0;
}

int64_t pace_least(const struct pace *pace, size_t open)
{
	return pace->cost * (int64_t)open * 100 / PACE_SHARE;
}
