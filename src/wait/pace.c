#include "wait/pace.h"

#include <sys/random.h>

#include "base/clock.h"

enum { PACE_WINDOW = 16 };

void pace_init(struct pace *pace, int64_t spent, int64_t now)
{
	*pace = (struct pace){.spent = spent, .since = now};
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

void pace_reckon(struct pace *pace, int64_t spent, int64_t now)
{
	int64_t began = pace->since < now ? pace->since : now; /* those that nobody paused for are not paid for later */
	int64_t paid = began + (spent - pace->spent) * 100 / PACE_SHARE;

	pace->since = paid > now ? paid : now; /* time in which little was spent is not saved up for a burst */
	pace->spent = spent;
	pace->window_count = 0;
}

int64_t pace_due(const struct pace *pace, int64_t now)
{
	return pace->since > now ? pace->since - now : 0;
}
