#include "wait/schedule.h"

#include "base/clock.h"

#define SCHEDULE_MARGIN (10 * CLOCK_MS)
/* The last attempt begins this long before the deadline, to have time for a reply. */
#define SCHEDULE_LAST_LOOK (50 * CLOCK_MS)

struct schedule_row {
	int percent; /* of the time waited so far */
	int64_t floor;
	int64_t cap;
};

static const struct schedule_row schedule_rows[] = {
	[OUTCOME_FREE] = {2, 18 * CLOCK_MS, 110 * CLOCK_MS},
	[OUTCOME_SHARED] = {5, 25 * CLOCK_MS, 500 * CLOCK_MS},
	[OUTCOME_NOISY] = {10, 80 * CLOCK_MS, 1000 * CLOCK_MS},
};

int64_t schedule_interval(enum outcome_cost cost, int64_t waited, int64_t max_interval, uint32_t random)
{
	const struct schedule_row *row = &schedule_rows[cost];
	int64_t interval = waited / 100 * row->percent;

	if (interval < row->floor)
		interval = row->floor;
	if (interval > row->cap)
		interval = row->cap;
	/* 80 % to 120 % of it */
	interval = interval / 100 * 80 + (int64_t)((uint64_t)(interval / 100 * 40) * random / UINT32_MAX);
	if (max_interval > 0 && interval > max_interval)
		interval = max_interval;
	return interval;
}

int64_t schedule_limit(const struct target_settings *settings, int64_t deadline, int64_t now)
{
	int64_t limit = settings->attempt_timeout, left = deadline - now;

	if (!deadline)
		return limit;
	left -= left / 10 < SCHEDULE_MARGIN ? left / 10 : SCHEDULE_MARGIN;
	if (left < limit)
		limit = left;
	return limit > 0 ? limit : 0;
}

bool schedule_was_cut(const struct schedule_attempt *attempt, const struct target_settings *settings,
		      const struct outcome *outcome, int64_t now)
{
	return outcome->kind != OUTCOME_READY && attempt->limit < settings->attempt_timeout &&
	       now - attempt->began >= attempt->limit - CLOCK_MS;
}

/*
 * The cost decides the interval. With --successes, a target that was as wanted is asked again at the slowest rate:
 * several attempts in quick succession would not show that it stays so.
 */
static enum outcome_cost schedule_cost(const struct progress *progress)
{
	return progress->streak ? OUTCOME_NOISY : outcome_info(progress->outcome.kind)->cost;
}

int64_t schedule_next(const struct schedule_attempt *attempt, const struct progress *progress, uint32_t random,
		      int64_t now)
{
	int64_t at = attempt->began + schedule_interval(schedule_cost(progress), now - progress->since,
							progress->target->settings.max_interval, random);
	int64_t latest = attempt->deadline - SCHEDULE_LAST_LOOK;

	if (at < now)
		at = now;
	if (!attempt->deadline || at <= latest)
		return at;
	/* The last pause is shortened (FACTS 42). An attempt that begins too late to get a reply is not made. */
	if (now < latest)
		return latest;
	return at < attempt->deadline && outcome_info(progress->outcome.kind)->cost == OUTCOME_FREE ? at : 0;
}
