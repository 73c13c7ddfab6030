#include "unit.h"

#include <stdlib.h>

#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"wait", {"WAIT_HOSTS=db:5432"}, -1, 0, "waitfor -t 30 --attempt-timeout 5 tcp://db:5432"},
		{"/wait ignored words", {"WAIT_HOSTS= a:1 ,\tb:2,,", "WAIT_PATHS=/run/x y, /z"}, -1, 0,
		 "waitfor -t 30 --attempt-timeout 5 tcp://a:1 tcp://b:2 file:///run/x%20y file:///z"},
		{"wait", {"WAIT_HOSTS=a:1", "WAIT_TIMEOUT=7", "WAIT_HOSTS_TIMEOUT=9", "WAIT_HOST_CONNECT_TIMEOUT=2"}, -1, 0,
		 "waitfor -t 7 --attempt-timeout 2 tcp://a:1"},
		{"wait", {"WAIT_HOSTS=a:1", "WAIT_HOSTS_TIMEOUT=9"}, -1, 0, "waitfor -t 9 --attempt-timeout 5 tcp://a:1"},
		{"wait", {"WAIT_HOSTS=a:1", "WAIT_TIMEOUT=-1", "WAIT_HOST_CONNECT_TIMEOUT=soon"}, -1, 0,
		 "waitfor -t 30 --attempt-timeout 5 tcp://a:1"},
		{"wait", {"WAIT_HOSTS=a:1", "WAIT_TIMEOUT=0"}, -1, 0, "waitfor --once --attempt-timeout 5 tcp://a:1"},
		{"wait", {"WAIT_HOSTS=redis://cache"}, -1, 0, "waitfor -t 30 --attempt-timeout 5 redis://cache"},
		{"docker-compose-wait", {0}, -1, 0, "waitfor -t 30 --attempt-timeout 5 file:///."},
		{"wait", {"WAIT_COMMAND= /app  'a b' \"c\\\" 'd\" e\\ f '' "}, -1, 0,
		 "waitfor -t 30 --attempt-timeout 5 --no-export file:///. -- /app a b c\" 'd e f "},
		{"wait", {"WAIT_COMMAND=  "}, -1, 0, "waitfor -t 30 --attempt-timeout 5 file:///."},
		{"wait", {"WAIT_COMMAND=app 'a"}, 1, 2, "WAIT_COMMAND: a quote is not closed\n"},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

/* Says what is said behind the settings. */
static void test_messages(void **state)
{
	/* clang-format off */
	static const struct { const char *target; struct fronting_moment moment; const char *expected; } cases[] = {
		{"tcp://a:1", {.moment = FRONTLINE_BEGIN}, "[INFO  wait] Checking availability of host [a:1]\n"},
		{"file:///x", {.moment = FRONTLINE_BEGIN}, "[INFO  wait] Checking availability of path [file:///x]\n"},
		{"tcp://a:1", {.moment = FRONTLINE_DONE}, "[INFO  wait] Host [a:1] is now available!\n"},
		{"tcp://a:1", {.moment = FRONTLINE_TRIED, .changed = true}, "[INFO  wait] Host [a:1] not yet available...\n"},
		{"file:///x", {.moment = FRONTLINE_TRIED, .changed = true}, "[INFO  wait] Path file:///x not yet available...\n"},
		{"tcp://a:1", {.moment = FRONTLINE_TRIED}, ""},
		{"tcp://a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED},
		 "[ERROR wait] Timeout! After 30 seconds some hosts are still not reachable\n"},
		{"file:///x", {.moment = FRONTLINE_END, .verdict = VERDICT_NOT_READY, .state = PROGRESS_MISSED},
		 "[ERROR wait] Timeout! After [30] seconds some paths are still not reachable\n"},
		{"tcp://a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_READY, .state = PROGRESS_DONE},
		 "[INFO  wait] docker-compose-wait - Everything's fine, the application can now start!\n"
		 "[INFO  wait] --------------------------------------------------------\n"},
		{"tcp://a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_SIGNALLED}, ""},
	};
	/* clang-format on */
	const char *const named[] = {"WAIT_HOSTS=x:1,y:2", "WAIT_LOGGER_LEVEL=info", NULL};
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *said = fronting_say_in("wait", named, cases[i].target, &cases[i].moment, &late);

		check_text(cases[i].target, said, cases[i].expected);
		check_int(cases[i].target, late, 1);
		free(said);
	}
}

static void test_levels(void **state)
{
	static const struct {
		const char *level, *expected;
	} cases[] = {
		{"WAIT_LOGGER_LEVEL=off", ""},
		{"WAIT_LOGGER_LEVEL=OFF", ""},
		{"WAIT_LOGGER_LEVEL=error",
		 "[ERROR wait] Timeout! After 30 seconds some hosts are still not reachable\n"},
		{"WAIT_LOGGER_LEVEL=debug",
		 "[ERROR wait] Timeout! After 30 seconds some hosts are still not reachable\n"},
	};
	const struct fronting_moment late_moment = {
		.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT, .state = PROGRESS_EXPIRED};
	const struct fronting_moment begin = {.moment = FRONTLINE_BEGIN};
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const named[] = {"WAIT_HOSTS=a:1", cases[i].level, NULL};
		char *said = fronting_say_in("wait", named, "tcp://a:1", &late_moment, &late);
		char *first = fronting_say_in("wait", named, "tcp://a:1", &begin, &late);

		check_text(cases[i].level, said, cases[i].expected);
		check_text(cases[i].level, first, i < 3 ? "" : "[INFO  wait] Checking availability of host [a:1]\n");
		free(said);
		free(first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_levels),
	};

	return unit_main(tests);
}
