#include "unit.h"

#include <stdlib.h>

#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"wait-for db:5432", {0}, -1, 0, "waitfor -t 15 tcp://db:5432"},
		{"wait-for db:5432 -t 30 -- app -q a:1", {0}, -1, 0, "waitfor -t 30 --no-export tcp://db:5432 -- app -q a:1"},
		{"wait-for db:1 -t5", {0}, -1, 0, "waitfor -t 5 tcp://db:1"},
		{"wait-for --timeout=0 db:1", {0}, -1, 0, "waitfor -t 0 tcp://db:1"},
		{"wait-for --timeout 7 db:1 --quiet", {0}, -1, 0, "waitfor -t 7 -q tcp://db:1"},
		{"wait-for -qt1 db:1", {0}, -1, 0, "waitfor -t 1 -q tcp://db:1"},
		{"wait-for -qt 1 db:1 --", {0}, -1, 0, "waitfor -t 1 -q tcp://db:1"},
		{"wait-for http://api/up", {0}, -1, 0, "waitfor -t 15 http://api/up?follow=20&status=200-299"},
		{"wait-for https://api/up?a=b", {0}, -1, 0, "waitfor -t 15 https://api/up?a=b&follow=20&status=200-299"},
		{"wait-for http://api/up?status=ready", {0}, -1, 0,
		 "waitfor -t 15 http://api/up?%73tatus=ready&follow=20&status=200-299"},
		{"wait-for db:1 :5432 -- app", {0}, 2, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for [::1]:80", {0}, -1, 0, "waitfor -t 15 tcp://[::1]:80"},
		{"wait-for a:1 b:2", {0}, -1, 0, "waitfor -t 15 tcp://a:1 tcp://b:2"},
		{"wait-for", {0}, 2, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for db:", {0}, 2, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for -q", {0}, 2, 2, "Usage:\n"},
		{"wait-for db:1 -t -1", {0}, 3, 2, "Error: invalid timeout '-1'\nUsage:\n"},
		{"wait-for db:1 -t 1.5", {0}, 3, 2, "Error: invalid timeout '1.5'\nUsage:\n"},
		{"wait-for --timeout=", {0}, 3, 2, "Error: invalid timeout ''\nUsage:\n"},
		{"wait-for -q --frob db:1", {0}, 1, 2, "Unknown option: --frob\nUsage:\n"},
		{"wait-for -h db", {0}, 1, 2, "Unknown option: -h\nUsage:\n"},
		{"wait-for --quie db:1", {0}, 1, 2, "Unknown option: --quie\nUsage:\n"},
		{"wait-for db:1 app", {0}, 1, 2, "Unknown argument: app\nUsage:\n"},
		{"wait-for db:1 -t", {0}, 1, 2, "Unknown argument: \nUsage:\n"},
		{"/bin/wait-for --version db:1", {0}, 0, 1, "2.2.4 (waitfor "},
		{"wait-for --help", {0}, 0, 2, "Usage:\n  wait-for host:port|url"},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_only_a_timeout_is_told(void **state)
{
	/* clang-format off */
	static const struct { struct fronting_moment moment; const char *expected; } cases[] = {
		{{.moment = FRONTLINE_BEGIN}, ""},
		{{.moment = FRONTLINE_TRIED}, ""},
		{{.moment = FRONTLINE_DONE}, ""},
		{{.moment = FRONTLINE_END, .verdict = VERDICT_READY}, ""},
		{{.moment = FRONTLINE_END, .verdict = VERDICT_SIGNALLED}, ""},
		{{.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT}, "Operation timed out\n"},
	};
	/* clang-format on */
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *said = fronting_say("wait-for -q db:1", "tcp://db:1", &cases[i].moment, &late);

		check_text("", said, cases[i].expected);
		check_int("", late, 1);
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_only_a_timeout_is_told),
	};

	return unit_main(tests);
}
