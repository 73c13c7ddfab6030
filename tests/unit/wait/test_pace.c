#include "unit.h"

#include "base/clock.h"
#include "wait/pace.h"

static void note(struct pace *pace, int64_t spent)
{
	if (pace_count(pace))
		pace_reckon(pace, spent);
}

/* Until the cost of an attempt is known, no interval is made longer. */
static void test_not_known_yet(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 5 * CLOCK_S);
	check_int("none", pace_least(&pace, 10000), 0);
	note(&pace, 5 * CLOCK_S + 100);
	check_int("one is no average", pace_least(&pace, 10000), 0);
}

struct share_row {
	const char *name;
	int64_t cost;
	size_t open;
};

/* "The processor share of a process that waits for many is bounded". */
static void test_the_share(void **state)
{
	static const struct share_row rows[] = {
		{"one target", 100, 1},
		{"a hundred", 80, 100},
		{"ten thousand", 25, 10000},
		{"one with a thousand addresses", 30 * CLOCK_MS, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct share_row *row = &rows[i];
		struct pace pace;
		int64_t spent = 0, least;

		pace_init(&pace, 0);
		for (int attempt = 0; attempt < 64; attempt++)
			note(&pace, spent += row->cost);
		least = pace_least(&pace, row->open);
		check_int(row->name, (long long)row->open * row->cost * 100 / least, PACE_SHARE);
	}
}

/* High costs at the beginning, for example because of a cold cache, are forgotten after a few windows. */
static void test_the_cost_follows(void **state)
{
	struct pace pace;
	int64_t spent = 0;

	(void)state;
	pace_init(&pace, 0);
	for (int attempt = 0; attempt < 64; attempt++)
		note(&pace, spent += 1000);
	for (int attempt = 0; attempt < 64 * 20; attempt++)
		note(&pace, spent += 100);
	check("near to what it costs now", pace_least(&pace, 1) >= 100 * 100 / PACE_SHARE);
	check("near to what it costs now", pace_least(&pace, 1) <= 102 * 100 / PACE_SHARE);
}

/* All 32 bits occur, evenly enough for jitter, and the sequence differs from process to process. */
static void test_random(void **state)
{
	struct pace one, two;
	int64_t sum = 0;
	bool differ = false;

	(void)state;
	pace_init(&one, 0);
	pace_init(&two, 0);
	for (int i = 0; i < 4096; i++) {
		uint32_t bits = pace_random(&one);

		sum += bits >> 16;
		differ |= bits != pace_random(&two);
	}
	check("another sequence", differ);
	check("the mean", sum / 4096 > 32768 - 2048 && sum / 4096 < 32768 + 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_known_yet),
		cmocka_unit_test(test_the_share),
		cmocka_unit_test(test_the_cost_follows),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
