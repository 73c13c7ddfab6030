#include "unit.h"

#include "base/clock.h"
#include "wait/pace.h"

enum { START = 5 * CLOCK_S };

/* Makes attempts until pace_reckon was called once; each takes cost. Returns the processor time that was spent. */
static int64_t make_window(struct pace *pace, int64_t spent, int64_t cost, int64_t now)
{
	do
		spent += cost;
	while (!pace_count(pace));
	pace_reckon(pace, spent, now);
	return spent;
}

/* A few attempts tell too little: their processor time is asked for only after a number of them. */
static void test_one_is_no_average(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 0, START);
	check("not after one", !pace_count(&pace));
	check_int("nothing to wait for", pace_due(&pace, START), 0);
}

struct share_row {
	const char *name;
	int64_t cost;
};

/* "The processor share of a process that waits for many is bounded": one that pauses as it is told stays within it. */
static void test_the_share(void **state)
{
	static const struct share_row rows[] = {
		{"a refusing port", 13},
		{"on a slow machine", 100},
		{"a thousand addresses each", 30 * CLOCK_MS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pace pace;
		int64_t now = START, spent = 0;

		pace_init(&pace, spent, now);
		for (int window = 0; window < 50; window++) {
			int64_t before = spent;

			spent = make_window(&pace, spent, rows[i].cost, now + 16 * rows[i].cost);
			now += spent - before;
			now += pace_due(&pace, now);
		}
		check_int(rows[i].name, spent * 100 / (now - START), PACE_SHARE);
	}
}

/* A few targets never come near the bound: they do not wait for the pace at all. */
static void test_a_few_are_not_delayed(void **state)
{
	struct pace pace;
	int64_t now = START, spent = 0;

	(void)state;
	pace_init(&pace, spent, now);
	for (int window = 0; window < 50; window++) {
		now += 16 * 18 * CLOCK_MS;
		spent = make_window(&pace, spent, 130, now);
		check_int("no pause", pace_due(&pace, now), 0);
	}
}

/* First attempts do not pause. They leave no debt, and quiet times no credit. */
static void test_neither_debt_nor_credit(void **state)
{
	struct pace pace;
	int64_t spent = 0, once;

	(void)state;
	pace_init(&pace, spent, START);
	spent = make_window(&pace, spent, 100, START);
	once = pace_due(&pace, START);
	check("a pause", once > 0);
	for (int window = 0; window < 1000; window++)
		spent = make_window(&pace, spent, 100, START);
	check_int("as long as after one window", pace_due(&pace, START), once);
	(void)make_window(&pace, spent, 0, START + 60 * CLOCK_S);
	(void)make_window(&pace, spent, 100, START + 60 * CLOCK_S);
	check_int("as long after a minute", pace_due(&pace, START + 60 * CLOCK_S), once);
}

/* All 32 bits occur, evenly enough for jitter, and the sequence differs from process to process. */
static void test_random(void **state)
{
	struct pace one, two;
	int64_t sum = 0;
	bool differ = false;

	(void)state;
	pace_init(&one, 0, START);
	pace_init(&two, 0, START);
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
		cmocka_unit_test(test_one_is_no_average),
		cmocka_unit_test(test_the_share),
		cmocka_unit_test(test_a_few_are_not_delayed),
		cmocka_unit_test(test_neither_debt_nor_credit),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
