#include "unit.h"

#include "base/clock.h"

#define MINUTE (60 * CLOCK_S)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct parse_row {
	const char *text;
	int64_t duration;
};

/* The forms of the "Command line" and of clock.h. */
static void test_parse(void **state)
{
	static const struct parse_row rows[] = {
		{"0", 0},
		{"0s", 0},
		{"1", CLOCK_S},
		{"60", MINUTE},
		{"007", 7 * CLOCK_S},
		{"1.5", 1500 * CLOCK_MS},
		{"500ms", 500 * CLOCK_MS},
		{"0.5ms", 500},
		{"10s", 10 * CLOCK_S},
		{"1.5s", 1500 * CLOCK_MS},
		{"0.000001s", 1},
		{"90s", 90 * CLOCK_S},
		{"2m", 2 * MINUTE},
		{"1m30s", 90 * CLOCK_S},
		{"1.5m", 90 * CLOCK_S},
		{"2h", 2 * HOUR},
		{"1h1m1s1ms", HOUR + MINUTE + CLOCK_S + CLOCK_MS},
		{"1h1s", HOUR + CLOCK_S},
		{"2h03m00s", 2 * HOUR + 3 * MINUTE},
		{"876600h", 36525 * DAY}, /* a century */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		int64_t duration = -1;

		check_int(rows[i].text, clock_parse(rows[i].text, &duration, &err), 0);
		check_int(rows[i].text, duration, rows[i].duration);
		check(rows[i].text, !err.set);
	}
}

/*
 * "Signs, blanks, unknown units, units out of order and more than a century are errors. The error text shows the right
 * form."
 */
static void test_refuse(void **state)
{
	static const char *const rows[] = {"",
					   "s",
					   "ms",
					   "x",
					   "10x",
					   "10 s",
					   " 10s",
					   "10s ",
					   "-1",
					   "+1",
					   "-1s",
					   "1.s",
					   "1..5s",
					   "1.5.5s",
					   "10S",
					   "10sec",
					   "1e3",
					   "0x10",
					   "30s1m",
					   "1m1m",
					   "1ms1s",
					   "1m30",
					   "1s-1ms",
					   "1,5s",
					   "10s\n",
					   "ten",
					   "inf",
					   "5s5",
					   "1h30",
					   "+",
					   "876601h",
					   "3155760000h",
					   "876600h1s",
					   "99999999999999999999",
					   "9223372036854775807h"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		int64_t duration = 42;

		check_int(rows[i], clock_parse(rows[i], &duration, &err), -1);
		check(rows[i], err.set);
		check_has(rows[i], err.text, rows[i]);
		check_has(rows[i], err.text, "500ms");
		check_has(rows[i], err.text, "1m30s");
	}
}

struct format_row {
	int64_t duration;
	const char *text;
};

/* The examples of clock.h, and the edges between its forms. */
static void test_format(void **state)
{
	static const struct format_row rows[] = {
		{0, "0s"},
		{800, "0.8ms"},
		{9999, "9.9ms"},
		{10 * CLOCK_MS, "10ms"},
		{450 * CLOCK_MS, "450ms"},
		{999999, "999ms"},
		{CLOCK_S, "1s"},
		{3210 * CLOCK_MS, "3.21s"},
		{1009 * CLOCK_MS, "1.00s"},
		{9999 * CLOCK_MS, "9.99s"},
		{10 * CLOCK_S, "10s"},
		{59100 * CLOCK_MS, "59.1s"},
		{60 * CLOCK_S, "60s"},
		{102 * CLOCK_S, "1m42s"},
		{102 * CLOCK_S + 1, "1m42s"},
		{HOUR - 1, "59m59s"},
		{HOUR, "1h00m00s"},
		{2 * HOUR + 3 * MINUTE, "2h03m00s"},
		{100 * HOUR + 59 * CLOCK_S, "100h00m59s"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[32], name[32];

		snprintf(name, sizeof(name), "%lld us", (long long)rows[i].duration);
		check(name, clock_format(rows[i].duration, out, sizeof(out)) == out);
		check_text(name, out, rows[i].text);
	}
}

static void test_now_never_goes_back(void **state)
{
	int64_t last = clock_now();

	(void)state;
	check("is set", last > 0);
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_now();

		check("in order", now >= last);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_now_never_goes_back),
	};

	return unit_main(tests);
}
