#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"wait-for-it db:5432", {0}, -1, 0, "waitfor -t 15 tcp://db:5432"},
		{"/usr/bin/wait-for-it.sh db:5432 -t 30 -- app -s a:1", {0}, -1, 0,
		 "waitfor -t 30 --no-export --run-anyway tcp://db:5432 -- app -s a:1"},
		{"wait-for-it -s --timeout=0 -h db --port=80 -q -- app", {0}, -1, 0,
		 "waitfor -t 0 -q --no-export tcp://db:80 -- app"},
		{"wait-for-it --strict --quiet --host=::1 -p 80 --", {0}, -1, 0, "waitfor -t 15 -q tcp://[::1]:80"},
		{"wait-for-it [::1]:80", {0}, -1, 0, "waitfor -t 15 tcp://[::1]:80"},
		{"wait-for-it a:1 b:2", {0}, -1, 0, "waitfor -t 15 tcp://a:1 tcp://b:2"},
		{"wait-for-it a:1 b: -- app", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it :1 b:2 -- app", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it redis://cache b: -- app", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it a: -p 2", {0}, -1, 0, "waitfor -t 15 tcp://a:2"},
		{"wait-for-it a:1 -p 2", {0}, -1, 0, "waitfor -t 15 tcp://a:2"},
		{"wait-for-it redis://cache", {0}, -1, 0, "waitfor -t 15 redis://cache"},
		{"wait-for-it a:1 -t 1m", {0}, -1, 0, "waitfor -t 1m tcp://a:1"},
		{"wait-for-it a:1 -t -5", {0}, -1, 0, "waitfor -t 0 tcp://a:1"},
		{"wait-for-it a:1 -t soon", {0}, -1, 0, "waitfor -t 0 tcp://a:1"},
		/* "-t" without a number ends the reading: the command behind it is lost. */
		{"wait-for-it a:1 -t  -- app", {0}, -1, 0, "waitfor -t 15 tcp://a:1"},
		{"wait-for-it a:1 -t", {0}, -1, 0, "waitfor -t 15 tcp://a:1"},
		{"wait-for-it a:1 -t ", {"WAITFORIT_TIMEOUT=3"}, -1, 0, "waitfor -t 15 tcp://a:1"},
		{"wait-for-it a:1 -h  -q", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it -h a -p 1 b:2 -h c d:3", {0}, -1, 0, "waitfor -t 15 tcp://c:2 tcp://d:3"},
		{"wait-for-it --quiet a", {"WAITFORIT_QUIET=0"}, 1, 2, "Usage:\n"},
		{"wait-for-it a", {"WAITFORIT_QUIET=1"}, 1, 2, "Usage:\n"},
		{"wait-for-it", {"WAITFORIT_HOST=db", "WAITFORIT_PORT=1", "WAITFORIT_TIMEOUT=3", "WAITFORIT_QUIET=1"}, -1, 0,
		 "waitfor -t 3 -q tcp://db:1"},
		{"wait-for-it a:1 -- app", {"WAITFORIT_HOST=db", "WAITFORIT_PORT=1", "WAITFORIT_STRICT=1"}, -1, 0,
		 "waitfor -t 15 --no-export tcp://a:1 -- app"},
		{"wait-for-it", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it -h db", {0}, 1, 2, "Error: you need to provide a host and port to test.\nUsage:\n"},
		{"wait-for-it -q", {0}, 1, 2, "Usage:\n    wait-for-it host:port"},
		{"wait-for-it a:1 app", {0}, 1, 2, "Unknown argument: app\nUsage:\n"},
		{"wait-for-it a:1 -t5", {0}, 1, 2, "Unknown argument: -t5\nUsage:\n"},
		{"wait-for-it a:1 -sq", {0}, 1, 2, "Unknown argument: -sq\nUsage:\n"},
		{"wait-for-it a:1 --timeout 5", {0}, 1, 2, "Unknown argument: --timeout\nUsage:\n"},
		{"wait-for-it --help", {0}, 1, 2, "Usage:\n"},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_messages(void **state)
{
	/* clang-format off */
	static const struct { const char *call; struct fronting_moment moment; const char *expected; } cases[] = {
		{"wait-for-it.sh db:1", {.moment = FRONTLINE_BEGIN}, "wait-for-it.sh: waiting 15 seconds for db:1\n"},
		{"wait-for-it db:1 -t 0", {.moment = FRONTLINE_BEGIN}, "wait-for-it: waiting for db:1 without a timeout\n"},
		{"wait-for-it db:1", {.moment = FRONTLINE_DONE, .after = 2 * CLOCK_S - 1},
		 "wait-for-it: db:1 is available after 1 seconds\n"},
		{"wait-for-it db:1 -t 7", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED},
		 "wait-for-it: timeout occurred after waiting 7 seconds for db:1\n"},
		{"wait-for-it db:1 -s -- a", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED},
		 "wait-for-it: timeout occurred after waiting 15 seconds for db:1\n"
		 "wait-for-it: strict mode, refusing to execute subprocess\n"},
		{"wait-for-it db:1", {.moment = FRONTLINE_END, .verdict = VERDICT_SIGNALLED}, ""},
		{"wait-for-it db:1", {.moment = FRONTLINE_END, .verdict = VERDICT_READY, .state = PROGRESS_DONE}, ""},
		{"wait-for-it db:1", {.moment = FRONTLINE_TRIED}, ""},
		{"wait-for-it -q db:1", {.moment = FRONTLINE_BEGIN}, ""},
	};
	/* clang-format on */
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *said = fronting_say(cases[i].call, "tcp://db:1", &cases[i].moment, &late);

		check_text(cases[i].call, said, cases[i].expected);
		check_int(cases[i].call, late, 124);
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_messages),
	};

	return unit_main(tests);
}
