#include "wait/schedule.h"

#include "base/clock.h"

#define SCHEDULE_MARGIN (10 * CLOCK_MS)
/* Before the deadline: what an attempt that costs the peer something may need. */
#define SCHEDULE_LAST_LOOK (50 * CLOCK_MS)

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

int64_t schedule_next(const struct schedule_attempt *attempt, const struct progress *progress, uint32_t random,
		      int64_t now)
{
	int64_t interval = progress_interval(progress, progress->target->settings.max_interval, random, now);
	int64_t at = attempt->began + interval, latest = attempt->deadline - SCHEDULE_LAST_LOOK;

	if (at < now)
		at = now;
	if (!attempt->deadline || at <= latest)
		return at;
	/* The last pause is cut short (FACTS 42); an attempt that would come too late to tell is not made. */
	if (now < latest)
		return latest;
	return at < attempt->deadline && outcome_info(progress->outcome.kind)->cost == OUTCOME_FREE ? at : 0;
}
