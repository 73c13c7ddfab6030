#include "unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"dockerize -wait tcp://db:5432 app -wait x", {0}, -1, 0,
		 "waitfor -t 10s --no-export tcp://db:5432 -- app -wait x"},
		{"dockerize -wait=tcp4://a:1 --wait unix:///run/s -wait file:///x -timeout 1m30s -- app", {0}, -1, 0,
		 "waitfor -t 1m30s --no-export tcp://a:1 unix:///run/s file:///x -- app"},
		{"dockerize -wait TCP4://DB:1 -wait-list Http://API/A", {0}, -1, 0,
		 "waitfor -t 10s tcp://DB:1 http://API/A?follow=10&status=200-299"},
		{"dockerize -wait http://api/up", {0}, -1, 0, "waitfor -t 10s http://api/up?follow=10&status=200-299"},
		{"dockerize -wait http://api?a=b -wait-http-header Accept:x/y", {0}, -1, 0,
		 "waitfor -t 10s http://api?a=b&follow=10&status=200-299&header=Accept%3Ax%2Fy"},
		{"dockerize -wait https://api -wait-http-skip-redirect -wait-http-status-code 200 -wait-http-status-code 404 "
		 "-skip-tls-verify -cacert /ca.pem", {0}, -1, 0,
		 "waitfor -t 10s https://api?status=200,404&insecure=true&cacert=%2Fca.pem"},
		{"dockerize -wait http://api -wait-http-skip-redirect=false -poll=true", {0}, -1, 0,
		 "waitfor -t 10s http://api?follow=10&status=200-299"},
		{"dockerize -wait http+unix:///s:/up -skip-tls-verify=T", {0}, -1, 0,
		 "waitfor -t 10s http+unix:///s:/up?follow=10&status=200-299"},
		/* What is for TLS goes to the targets in TLS. */
		{"dockerize -cacert /ca -wait http://a -wait https://b -wait amqps://c", {0}, -1, 0,
		 "waitfor -t 10s http://a?follow=10&status=200-299 https://b?follow=10&status=200-299&cacert=%2Fca "
		 "amqps://c?cacert=%2Fca"},
		{"dockerize -cacert /a -cacert /b -skip-tls-verify -skip-tls-verify=false -wait https://a", {0}, -1, 0,
		 "waitfor -t 10s https://a?follow=10&status=200-299&cacert=%2Fb"},
		/* The service's own parameters and commas are none of waitfor's. */
		{"dockerize -wait http://a/x,y?key=abc&z=1&status=up,down", {0}, -1, 0,
		 "waitfor -t 10s http://a/x%2Cy?%6Bey=abc&z=1&%73tatus=up%2Cdown&follow=10&status=200-299"},
		{"dockerize -wait http://a -wait-http-header A:_b_", {0}, -1, 0,
		 "waitfor -t 10s http://a?follow=10&status=200-299&header=A%3A_b_"},
		{"dockerize -wait postgres://db -wait-retry-interval 100ms", {0}, -1, 0,
		 "waitfor -t 10s --max-interval 100ms postgres://db"},
		{"dockerize -wait-list tcp://a:1 -exec app", {0}, -1, 0, "waitfor -t 10s --no-export tcp://a:1 -- app"},
		{"dockerize app", {0}, -1, 0, "waitfor -t 10s --no-export file:///. -- app"},
		{"dockerize", {0}, 1, 2, "Usage: dockerize [options] [command]\n"},
		{"dockerize --", {0}, 1, 2, "Usage: dockerize [options] [command]\n"},
		{"dockerize -help", {0}, 0, 2, "Usage: dockerize [options] [command]\n"},
		{"dockerize -h", {0}, 0, 2, "Usage: dockerize [options] [command]\n"},
		{"dockerize -version", {0}, 0, 1, "v0.13.0 (waitfor "},
		{"dockerize --wiat=tcp://a:1", {0}, 2, 2, "flag provided but not defined: -wiat\nUsage: "},
		{"dockerize -wait", {0}, 2, 2, "flag needs an argument: -wait\nUsage: "},
		{"dockerize -timeout 10 app", {0}, 2, 2, "invalid value \"10\" for flag -timeout: parse error\nUsage: "},
		{"dockerize -wait-retry-interval x app", {0}, 2, 2, "invalid value \"x\" for flag -wait-retry-interval: parse error\n"},
		{"dockerize -poll=yes app", {0}, 2, 2, "invalid boolean value \"yes\" for -poll: parse error\nUsage: "},
		{"dockerize ---poll app", {0}, 2, 2, "flag provided but not defined: --poll\nUsage: "},
		{"dockerize -poll= app", {0}, 2, 2, "invalid boolean value \"\" for -poll: parse error\nUsage: "},
		{"dockerize -help=F -version=0 app", {0}, -1, 0, "waitfor -t 10s --no-export file:///. -- app"},
		{"dockerize -exit-code 256 app", {0}, 2, 2, "invalid value \"256\" for flag -exit-code: parse error\n"},
		{"dockerize -wait db:5432 app", {0}, 1, 2, "invalid host protocol provided: db. supported protocols are: "},
		{"dockerize -wait  app", {0}, 1, 2, "invalid host protocol provided: . supported protocols are: "},
		{"dockerize -wait tcp4:db app", {0}, 1, 2, "invalid host protocol provided: tcp4. supported protocols are: "},
		{"dockerize -wait nosuch://db app", {0}, 1, 2, "invalid host protocol provided: nosuch. supported protocols are: "},
		{"dockerize -wait-http-header A:b app", {0}, 1, 2, "-wait-http-header provided with no -wait option\n"},
		{"dockerize -wait-http-header secret app", {0}, 1, 2, "bad HTTP Headers argument. expected \"headerName: headerValue\"\n"},
		{"dockerize -template a:b app", {0}, 1, 2, "dockerize: waitfor does not do -template; "},
		{"dockerize -env /x.ini app", {0}, 1, 2, "dockerize: waitfor does not do -env; "},
		{"dockerize -multiline -template-strict app", {0}, -1, 0, "waitfor -t 10s --no-export file:///. -- app"},
		{"dockerize -stdout /var/log/x app", {0}, 1, 2, "dockerize: waitfor does not do -stdout; "},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_messages(void **state)
{
	/* clang-format off */
	static const struct { const char *call; struct fronting_moment moment; const char *expected; } cases[] = {
		{"dockerize -wait tcp://a:1", {.moment = FRONTLINE_BEGIN}, "Waiting for: tcp://a:1\n"},
		{"dockerize -wait tcp4://a:1", {.moment = FRONTLINE_DONE}, "Connected to tcp4://a:1\n"},
		{"dockerize -wait http://a/?x=y", {.moment = FRONTLINE_DONE}, "Received 2xx from http://a/?x=***\n"},
		{"dockerize -wait file:///x", {.moment = FRONTLINE_DONE}, "File file:///x had been generated\n"},
		{"dockerize -wait file:///x", {.moment = FRONTLINE_TRIED, .changed = true, .outcome = {OUTCOME_NO_FILE, ""}}, ""},
		{"dockerize -wait tcp://a:1", {.moment = FRONTLINE_TRIED, .changed = true, .outcome = {OUTCOME_REFUSED, ""}},
		 "Problem with dial tcp://a:1: connection refused. Sleeping 1s\n"},
		{"dockerize -wait http://a", {.moment = FRONTLINE_TRIED, .changed = true, .outcome = {OUTCOME_REFUSED, ""}},
		 "Problem with request to http://a: connection refused. Sleeping 1s\n"},
		{"dockerize -wait tcp://a:1", {.moment = FRONTLINE_TRIED, .outcome = {OUTCOME_REFUSED, ""}}, ""},
		{"dockerize app", {.moment = FRONTLINE_DONE}, ""},
		{"dockerize -wait tcp://a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_READY}, ""},
		{"dockerize -wait tcp://a:1 -timeout 90s", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT},
		 "Timeout after 90s waiting on dependencies to become available: [tcp://a:1]\n"},
	};
	/* clang-format on */
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *said = fronting_say(cases[i].call, "tcp://a:1", &cases[i].moment, &late);

		check_text(cases[i].call, said, cases[i].expected);
		check_int(cases[i].call, late, 1);
		free(said);
	}
	free(fronting_say("dockerize -exit-code 123 -wait tcp://a:1", "tcp://a:1", &cases[0].moment, &late));
	check_int("-exit-code", late, 123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_messages),
	};

	return unit_main(tests);
}
