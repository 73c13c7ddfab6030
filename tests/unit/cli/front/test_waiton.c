#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"wait-on tcp:db:5432 tcp:4000", {0}, -1, 0, "waitfor -t 0 tcp://db:5432 tcp://localhost:4000"},
		{"wait-on -t 10000 -i 100 tcp:a:1", {0}, -1, 0, "waitfor -t 10000ms --max-interval 100ms tcp://a:1"},
		{"wait-on -t30s --tcpTimeout=1s tcp:a:1", {0}, -1, 0, "waitfor -t 30s --attempt-timeout 1s tcp://a:1"},
		{"wait-on --timeout 1m --httpTimeout 500 --tcpTimeout 100 http://a", {0}, -1, 0,
		 "waitfor -t 1m --attempt-timeout 500ms http://a/?method=HEAD&follow=5&status=200-299"},
		{"wait-on http-get://a/x?y=z https://a/ https-get://a:8443/x", {0}, -1, 0,
		 "waitfor -t 0 http://a/x?y=z&follow=5&status=200-299 https://a/?method=HEAD&follow=5&status=200-299&insecure=true "
		 "https://a:8443/x?follow=5&status=200-299&insecure=true"},
		{"wait-on http://unix:/run/s:/up http-get://unix:/run/s:/", {0}, -1, 0,
		 "waitfor -t 0 http+unix:///run/s:/up?method=HEAD&follow=5&status=200-299 http+unix:///run/s:/?follow=5&status=200-299"},
		{"wait-on socket:/run/s", {0}, -1, 0, "waitfor -t 0 unix:///run/s"},
		{"wait-on file:/a/b%c dist/x.js", {0}, -1, 0,
		 "waitfor -t 0 file:///a/b%25c?stable=750ms file:///proc/self/cwd/dist/x.js?stable=750ms"},
		{"wait-on -w 2s /a", {0}, -1, 0, "waitfor -t 0 file:///a?stable=2s"},
		{"wait-on -r /a tcp:a:1", {0}, -1, 0, "waitfor -t 0 --down=absent file:///a tcp://a:1"},
		{"wait-on redis://u:p@a", {0}, -1, 0, "waitfor -t 0 redis://u:p@a"},
		{"wait-on http://a/x,y?key=1&follow=me", {0}, -1, 0,
		 "waitfor -t 0 http://a/x%2Cy?%6Bey=1&%66ollow=me&method=HEAD&follow=5&status=200-299"},
		{"wait-on -t  -i= --httpTimeout 0 tcp:a:1", {0}, -1, 0, "waitfor -t 0 --attempt-timeout 24h tcp://a:1"},
		{"wait-on -s 1 -lv --nosuch x --no-color tcp:a:1 -d 0", {0}, -1, 0, "waitfor -t 0 tcp://a:1"},
		{"wait-on tcp:a:1 -- -r", {0}, -1, 0, "waitfor -t 0 tcp://a:1 file:///proc/self/cwd/-r?stable=750ms"},
		{"wait-on -- -a://b", {0}, -1, 0, "waitfor -t 0 file:///proc/self/cwd/-a%3A//b?stable=750ms"},
		{"wait-on", {0}, 1, 1, "Usage: wait-on {OPTIONS} resource [...resource]\n"},
		{"wait-on -t 5", {0}, 1, 1, "Usage: wait-on {OPTIONS} resource [...resource]\n"},
		{"wait-on -h -t x", {0}, 1, 1, "Usage: wait-on {OPTIONS} resource [...resource]\n"},
		{"wait-on -h tcp:a:1", {0}, 1, 1, "Usage: wait-on {OPTIONS} resource [...resource]\n"},
		{"wait-on -c conf.json tcp:a:1", {0}, 1, 2, "Error: waitfor reads no --config of wait-on; write it as options\n"},
		{"wait-on --timeout x tcp:a:1", {0}, 1, 2, "ValidationError: --timeout must be a number, and not \"x\"\n"},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_messages(void **state)
{
	/* clang-format off */
	static const struct { const char *call; struct fronting_moment moment; const char *expected; } cases[] = {
		{"wait-on tcp:a:1", {.moment = FRONTLINE_BEGIN}, ""},
		{"wait-on -l tcp:a:1", {.moment = FRONTLINE_BEGIN}, "waiting for 1 resources: tcp:a:1\n"},
		{"wait-on -lr tcp:a:1", {.moment = FRONTLINE_BEGIN},
		 "wait-on reverse mode - waiting for resources to be unavailable\nwaiting for 1 resources: tcp:a:1\n"},
		{"wait-on -l tcp:a:1", {.moment = FRONTLINE_DONE, .state = PROGRESS_DONE}, ""},
		{"wait-on -l tcp:a:1", {.moment = FRONTLINE_TRIED, .outcome = {OUTCOME_REFUSED, ""}}, ""},
		{"wait-on -v tcp:a:1", {.moment = FRONTLINE_TRIED, .outcome = {OUTCOME_REFUSED, ""}},
		 "  tcp:a:1: connection refused\n"},
		{"wait-on tcp:a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_READY, .state = PROGRESS_DONE}, ""},
		{"wait-on http-get://u:p@a/x", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED},
		 "Error: Timed out waiting for: http-get://u:***@a/x\n"},
		{"wait-on dist/x", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED},
		 "Error: Timed out waiting for: dist/x\n"},
		{"wait-on tcp:a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_SIGNALLED}, ""},
	};
	/* clang-format on */
	const struct fronting_moment ready = {
		.moment = FRONTLINE_END, .verdict = VERDICT_READY, .state = PROGRESS_DONE};
	char *complete = alloc_format("wait-on(%d) complete\n", (int)getpid());
	char *said;
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		said = fronting_say(cases[i].call, "tcp://a:1", &cases[i].moment, &late);
		check_text(cases[i].call, said, cases[i].expected);
		check_int(cases[i].call, late, 1);
		free(said);
	}
	said = fronting_say("wait-on --log tcp:a:1", "tcp://a:1", &ready, &late);
	check_text("wait-on --log", said, complete);
	free(said);
	free(complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_messages),
	};

	return unit_main(tests);
}
