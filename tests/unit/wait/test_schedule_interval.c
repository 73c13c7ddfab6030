#include "unit.h"

#include "base/clock.h"
#include "wait/schedule.h"

#define CENTURY (INT64_C(36525) * 86400 * CLOCK_S)

struct interval_row {
	const char *name;
	enum outcome_cost cost;
	int64_t waited, max_interval;
	int64_t middle; /* before the jitter */
};

/* Free: 2 % of the time waited, 18 to 110 ms. Shared: 5 %, 25 to 500 ms. Noisy: 10 %, 80 ms to 1 s. */
static const struct interval_row interval_rows[] = {
	{"free, at once", OUTCOME_FREE, 0, 0, 18 * CLOCK_MS},
	{"free, the floor's end", OUTCOME_FREE, 900 * CLOCK_MS, 0, 18 * CLOCK_MS},
	{"free, above the floor", OUTCOME_FREE, CLOCK_S, 0, 20 * CLOCK_MS},
	{"free, 2 %", OUTCOME_FREE, 3500 * CLOCK_MS, 0, 70 * CLOCK_MS},
	{"free, the cap's begin", OUTCOME_FREE, 5500 * CLOCK_MS, 0, 110 * CLOCK_MS},
	{"free, capped", OUTCOME_FREE, 60 * CLOCK_S, 0, 110 * CLOCK_MS},
	{"shared, at once", OUTCOME_SHARED, 0, 0, 25 * CLOCK_MS},
	{"shared, the floor's end", OUTCOME_SHARED, 500 * CLOCK_MS, 0, 25 * CLOCK_MS},
	{"shared, 5 %", OUTCOME_SHARED, 4 * CLOCK_S, 0, 200 * CLOCK_MS},
	{"shared, the cap's begin", OUTCOME_SHARED, 10 * CLOCK_S, 0, 500 * CLOCK_MS},
	{"shared, capped", OUTCOME_SHARED, 3600 * CLOCK_S, 0, 500 * CLOCK_MS},
	{"noisy, at once", OUTCOME_NOISY, 0, 0, 80 * CLOCK_MS},
	{"noisy, the floor's end", OUTCOME_NOISY, 800 * CLOCK_MS, 0, 80 * CLOCK_MS},
	{"noisy, 10 %", OUTCOME_NOISY, 3 * CLOCK_S, 0, 300 * CLOCK_MS},
	{"noisy, the cap's begin", OUTCOME_NOISY, 10 * CLOCK_S, 0, CLOCK_S},
	{"noisy, capped", OUTCOME_NOISY, CENTURY, 0, CLOCK_S},
	{"a cap far above", OUTCOME_FREE, 3500 * CLOCK_MS, CLOCK_S, 70 * CLOCK_MS},
};

/* Jitter +-20 %, spread evenly over the random bits. */
static void test_schedule_and_jitter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(interval_rows); i++) {
		const struct interval_row *row = &interval_rows[i];

		check_int(row->name, schedule_interval(row->cost, row->waited, row->max_interval, 0),
			  row->middle / 5 * 4);
		check_int(row->name, schedule_interval(row->cost, row->waited, row->max_interval, UINT32_MAX),
			  row->middle / 5 * 6);
		for (uint32_t quarter = 1; quarter < 4; quarter++) {
			int64_t got = schedule_interval(row->cost, row->waited, row->max_interval, quarter << 30);
			int64_t expected = row->middle / 5 * 4 + row->middle / 10 * quarter;

			check(row->name, got - expected >= -1 && got - expected <= 1);
		}
	}
}

/* "--max-interval caps all three": the jittered interval too, and from below the floor as well. */
static void test_max_interval(void **state)
{
	static const int64_t caps[] = {1, CLOCK_MS, 5 * CLOCK_MS, 100 * CLOCK_MS, CLOCK_S};

	(void)state;
	for (size_t i = 0; i < COUNT(interval_rows); i++)
		for (size_t j = 0; j < COUNT(caps); j++)
			for (int random = 0; random < 2; random++) {
				const struct interval_row *row = &interval_rows[i];
				uint32_t bits = random ? UINT32_MAX : 0;
				int64_t free_running = schedule_interval(row->cost, row->waited, 0, bits);
				int64_t expected = free_running < caps[j] ? free_running : caps[j];

				check_int(row->name, schedule_interval(row->cost, row->waited, caps[j], bits),
					  expected);
			}
}

/* A longer wait never has a shorter pause, and the pause is never 0. */
static void test_never_shrinks(void **state)
{
	(void)state;
	for (int cost = OUTCOME_FREE; cost <= OUTCOME_NOISY; cost++) {
		int64_t last = 1;

		for (int64_t waited = 0; waited < 20 * CLOCK_S; waited += 1777) {
			int64_t interval = schedule_interval((enum outcome_cost)cost, waited, 0, UINT32_MAX / 2);

			check("grows", interval >= last);
			last = interval;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedule_and_jitter),
		cmocka_unit_test(test_max_interval),
		cmocka_unit_test(test_never_shrinks),
	};

	return unit_main(tests);
}
