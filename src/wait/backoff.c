#include "wait/backoff.h"

#include "base/clock.h"

struct backoff_schedule {
	int percent; /* of the time waited so far */
	int64_t floor;
	int64_t cap;
};

static const struct backoff_schedule backoff_schedules[] = {
	[OUTCOME_FREE] = {1, 5 * CLOCK_MS, 100 * CLOCK_MS},
	[OUTCOME_SHARED] = {5, 25 * CLOCK_MS, 500 * CLOCK_MS},
	[OUTCOME_NOISY] = {10, 100 * CLOCK_MS, 1000 * CLOCK_MS},
};

int64_t backoff_interval(enum outcome_cost cost, int64_t waited, int64_t max_interval, uint32_t random)
{
	const struct backoff_schedule *schedule = &backoff_schedules[cost];
	int64_t interval = waited / 100 * schedule->percent;

	if (interval < schedule->floor)
		interval = schedule->floor;
	if (interval > schedule->cap)
		interval = schedule->cap;
	/* 80 % and up to another 40 % */
	interval = interval / 100 * 80 + (int64_t)((uint64_t)(interval / 100 * 40) * random / UINT32_MAX);
	if (max_interval > 0 && interval > max_interval)
		interval = max_interval;
	return interval;
}
