/* schedule.c: when the next attempt is, and how long it may take. */
#include "unit.h"

#include "base/clock.h"
#include "wait/schedule.h"

#define NOW  (1000 * CLOCK_S)
#define MOST UINT32_MAX

struct limit_row {
	const char *name;
	int64_t attempt_timeout, left; /* until the deadline; NONE: there is none */
	int64_t expected;
};

#define NONE INT64_MIN

/* The last attempt ends before the deadline: by a tenth of the time that is left, and by 10 ms at most. */
static void test_limit(void **state)
{
	static const struct limit_row rows[] = {
		{"no deadline", 3 * CLOCK_S, NONE, 3 * CLOCK_S},
		{"a far one", 3 * CLOCK_S, 60 * CLOCK_S, 3 * CLOCK_S},
		{"just as far", 3 * CLOCK_S, 3010 * CLOCK_MS, 3 * CLOCK_S},
		{"a little too near", 3 * CLOCK_S, 3009 * CLOCK_MS, 2999 * CLOCK_MS},
		{"near", 3 * CLOCK_S, CLOCK_S, 990 * CLOCK_MS},
		{"a tenth is less than the margin", 3 * CLOCK_S, 50 * CLOCK_MS, 45 * CLOCK_MS},
		{"a microsecond", 3 * CLOCK_S, 1, 1},
		{"now", 3 * CLOCK_S, 0, 0},
		{"past", 3 * CLOCK_S, -CLOCK_S, 0},
		{"a short attempt", 20 * CLOCK_MS, 50 * CLOCK_MS, 20 * CLOCK_MS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target_settings settings = {.attempt_timeout = rows[i].attempt_timeout};
		int64_t deadline = rows[i].left == NONE ? 0 : NOW + rows[i].left;

		check_int(rows[i].name, schedule_limit(&settings, deadline, NOW), rows[i].expected);
	}
}

struct cut_row {
	const char *name;
	enum outcome_kind kind;
	int64_t limit, took; /* of the attempt; the user's attempt timeout is 3 s */
	bool expected;
};

static void test_was_cut(void **state)
{
	static const struct cut_row rows[] = {
		{"the deadline's limit was reached", OUTCOME_SILENT, CLOCK_S, CLOCK_S, true},
		{"a timer's tick before it", OUTCOME_CONNECT_TIMEOUT, CLOCK_S, 999 * CLOCK_MS, true},
		{"well before it", OUTCOME_SILENT, CLOCK_S, 998 * CLOCK_MS, false},
		{"an answer at once", OUTCOME_REFUSED, CLOCK_S, CLOCK_MS / 10, false},
		{"ready is ready", OUTCOME_READY, CLOCK_S, CLOCK_S, false},
		{"the user's own limit", OUTCOME_SILENT, 3 * CLOCK_S, 3 * CLOCK_S, false},
		{"no time at all", OUTCOME_DNS_SILENT, 0, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct target_settings settings = {.attempt_timeout = 3 * CLOCK_S};
		const struct schedule_attempt attempt = {.began = NOW, .limit = rows[i].limit};
		const struct outcome outcome = {.kind = rows[i].kind};

		check_int(rows[i].name, schedule_was_cut(&attempt, &settings, &outcome, NOW + rows[i].took),
			  rows[i].expected);
	}
}

struct next_row {
	const char *name;
	enum outcome_kind kind;
	unsigned streak;
	int64_t waited, took, max_interval; /* waited: since it got furthest; took: by the attempt that ends now */
	int64_t left;                       /* until the deadline; NONE: there is none */
	uint32_t random;
	int64_t expected; /* the pause from now on; NONE: no other attempt */
};

/*
 * test_schedule_interval.c tests the intervals: at least 18, 25 or 80 ms, at most 110, 500 or 1000 ms, with jitter of
 * 80 to 120 %.
 */
static void test_next(void **state)
{
	static const struct next_row rows[] = {
		{"free, at first", OUTCOME_REFUSED, 0, 0, 0, 0, NONE, 0, 14400},
		{"free, at first, luck", OUTCOME_REFUSED, 0, 0, 0, 0, NONE, MOST, 21600},
		{"shared", OUTCOME_NO_NAME, 0, 0, 0, 0, NONE, 0, 20 * CLOCK_MS},
		{"noisy", OUTCOME_STARTING, 0, 0, 0, 0, NONE, 0, 64 * CLOCK_MS},
		{"noisy, after a minute", OUTCOME_STARTING, 0, 60 * CLOCK_S, 0, 0, NONE, MOST, 1200 * CLOCK_MS},
		{"from the begin of the attempt on", OUTCOME_STARTING, 0, 0, 30 * CLOCK_MS, 0, NONE, 0, 34 * CLOCK_MS},
		{"at once after a long one", OUTCOME_SILENT, 0, 0, 3 * CLOCK_S, 0, NONE, MOST, 0},
		{"capped by the user", OUTCOME_STARTING, 0, 0, 0, 10 * CLOCK_MS, NONE, 0, 10 * CLOCK_MS},
		{"a cap above it", OUTCOME_REFUSED, 0, 0, 0, CLOCK_S, NONE, 0, 14400},
		/* --successes: the second attempt shall show that the target stays ready. */
		{"ready once of N", OUTCOME_READY, 1, 0, 0, 0, NONE, 0, 64 * CLOCK_MS},
		{"ready once of N, capped", OUTCOME_READY, 1, 0, 0, 20 * CLOCK_MS, NONE, 0, 20 * CLOCK_MS},
		{"down once of N", OUTCOME_REFUSED, 1, 0, 0, 0, NONE, MOST, 96 * CLOCK_MS},
		{"not ready any more", OUTCOME_REFUSED, 0, 0, 0, 0, NONE, MOST, 21600},
		/* The last 50 ms before the deadline. */
		{"a far deadline", OUTCOME_STARTING, 0, 0, 0, 0, CLOCK_S, 0, 64 * CLOCK_MS},
		{"the pause would end just in time", OUTCOME_STARTING, 0, 0, 0, 0, 114 * CLOCK_MS, 0, 64 * CLOCK_MS},
		{"the pause is cut", OUTCOME_STARTING, 0, 0, 0, 0, 113 * CLOCK_MS, 0, 63 * CLOCK_MS},
		{"the last look was there", OUTCOME_STARTING, 0, 0, 0, 0, 50 * CLOCK_MS, 0, NONE},
		{"shared, too late", OUTCOME_NO_NAME, 0, 0, 0, 0, 49 * CLOCK_MS, 0, NONE},
		{"free goes on", OUTCOME_REFUSED, 0, 0, 0, 0, 49 * CLOCK_MS, 0, 14400},
		{"free, to the last", OUTCOME_REFUSED, 0, 0, 0, 0, 14401, 0, 14400},
		{"free, too late", OUTCOME_REFUSED, 0, 0, 0, 0, 14400, 0, NONE},
		{"past the deadline", OUTCOME_REFUSED, 0, 0, CLOCK_S, 0, -1, 0, NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct next_row *row = &rows[i];
		const struct target target = {.settings.max_interval = row->max_interval};
		const struct progress progress = {.target = &target,
						  .outcome.kind = row->kind,
						  .streak = row->streak,
						  .since = NOW - row->waited};
		const struct schedule_attempt attempt = {.began = NOW - row->took,
							 .deadline = row->left == NONE ? 0 : NOW + row->left};

		check_int(row->name, schedule_next(&attempt, &progress, row->random, NOW),
			  row->expected == NONE ? 0 : NOW + row->expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_was_cut),
		cmocka_unit_test(test_next),
	};

	return unit_main(tests);
}
