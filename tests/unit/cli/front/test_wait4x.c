#include "unit.h"

#include <stdlib.h>

#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"wait4x tcp db:5432", {0}, -1, 0, "waitfor -t 10s tcp://db:5432"},
		{"wait4x tcp a:1 [::1]:2 -t 1m30s -- app -t 1", {0}, -1, 0,
		 "waitfor -t 1m30s --no-export tcp://a:1 tcp://[::1]:2 -- app -t 1"},
		{"wait4x -vt5s tcp a:1 -i=500ms --connection-timeout 1s -q", {0}, -1, 0,
		 "waitfor -t 5s --max-interval 500ms --attempt-timeout 1s --down=absent -q tcp://a:1"},
		{"wait4x tcp a:1 -v=false --quiet=false --no-color -l debug -t 0", {0}, -1, 0, "waitfor -t 0 tcp://a:1"},
		{"wait4x tcp a:1 --backoff-policy exponential --backoff-exponential-max-interval 9s --backoff-exponential-coefficient 3",
		 {0}, -1, 0, "waitfor -t 10s --max-interval 9s tcp://a:1"},
		{"wait4x tcp a:1 --backoff-policy exponential --backoff-exponential-max-interval 2s -i 2s", {0}, -1, 0,
		 "waitfor -t 10s --max-interval 2s tcp://a:1"},
		{"wait4x tcp a:1 --backoff-policy linear -i 6s", {0}, -1, 0, "waitfor -t 10s --max-interval 6s tcp://a:1"},
		{"wait4x tcp a:1 --backoff-policy linear --backoff-exponential-max-interval 9s", {0}, -1, 0,
		 "waitfor -t 10s tcp://a:1"},
		{"wait4x http http://api/up", {0}, -1, 0, "waitfor -t 10s http://api/up?status=200-599&follow=10"},
		{"wait4x http http://api?a=b --expect-status-code 204 --no-redirect --request-header", {0}, 1, 2,
		 "Error: flag needs an argument: --request-header\nUsage:\n"},
		{"wait4x http http://api?a=b --expect-status-code 204 --no-redirect --request-header A:b --request-body x=y", {0}, -1, 0,
		 "waitfor -t 10s http://api?a=b&header=A%3Ab&status=204&body=x%3Dy"},
		{"wait4x http https://api --expect-body-regex ^up --expect-header Server=nginx.* --expect-header Date "
		 "--expect-body-json a.0.b --http-method HEAD --insecure-skip-tls-verify --ca-file /ca --cert-file /c --key-file /k --h2c",
		 {0}, -1, 0,
		 "waitfor -t 10s https://api?expect-header=Server%3Anginx.%2A&expect-header=Date%3A.%2A"
		 "&expect-json=%2Fa%2F0%2Fb&expect-body=%5Eup&http2=true&method=HEAD&status=200-599&follow=10"
		 "&insecure=true&cacert=%2Fca&cert=%2Fc&key=%2Fk"},
		{"wait4x http http://api?method=x --insecure-skip-tls-verify --ca-file /ca", {0}, -1, 0,
		 "waitfor -t 10s http://api?%6Dethod=x&status=200-599&follow=10"},
		{"wait4x rabbitmq amqps://u:p@mq --insecure-skip-tls-verify", {0}, -1, 0,
		 "waitfor -t 10s amqps://u:p@mq?insecure=true"},
		/* Of what is given twice the last counts, and nothing is no expectation. */
		{"wait4x http http://a --expect-status-code 500 --expect-status-code 200 --http-method PUT --request-method HEAD "
		 "--request-method GET --no-redirect", {0}, -1, 0, "waitfor -t 10s http://a?status=200&method=GET"},
		{"wait4x http http://a --expect-status-code 0 --expect-body-json= --expect-header= --expect-body-regex=", {0}, -1, 0,
		 "waitfor -t 10s http://a?status=200-599&follow=10"},
		{"wait4x tcp a:1 -v -v=false --connection-timeout 0", {0}, -1, 0,
		 "waitfor -t 10s --attempt-timeout 24h tcp://a:1"},
		{"wait4x dns A db.test", {0}, -1, 0, "waitfor -t 10s dns://db.test?type=A"},
		{"wait4x dns aaaa db.test --expect-ip ::1 -n 10.0.0.2:53", {0}, -1, 0,
		 "waitfor -t 10s dns://db.test?type=AAAA&server=10.0.0.2%3A53&expect=%3A%3A1"},
		{"wait4x dns MX a.test --expect-domain x --expect-domain y", {0}, -1, 0,
		 "waitfor --any -t 10s dns://a.test?type=MX&contains=x dns://a.test?type=MX&contains=y"},
		{"wait4x dns TXT a.test --expect-value v=1", {0}, -1, 0, "waitfor -t 10s dns://a.test?type=TXT&contains=v%3D1"},
		{"wait4x dns NS a.test --expect-nameserver ns.test", {0}, -1, 0,
		 "waitfor -t 10s dns://a.test?type=NS&contains=ns.test"},
		{"wait4x exec /bin/ls /tmp --exit-code 2", {0}, -1, 0,
		 "waitfor -t 10s exec:////bin/ls?search=path&arg=%2Ftmp&exit=2"},
		{"wait4x exec ./a%62?c -v", {0}, -1, 0, "waitfor -t 10s --down=absent exec:///./a%2562%3Fc?search=path"},
		{"wait4x dns A x?z=1", {0}, -1, 0, "waitfor -t 10s dns://x%3Fz%3D1?type=A"},
		{"wait4x exec ls a b", {0}, -1, 0, "waitfor -t 10s exec:///ls?search=path&arg=a&arg=b"},
		{"wait4x redis redis://u:p@cache:6379/1 --expect-key K=^v$", {0}, -1, 0,
		 "waitfor -t 10s redis://u:p@cache:6379/1?key=K%3D%5Ev%24"},
		{"wait4x redis redis://:p@cache/1?dial_timeout=3s --expect-key k", {0}, -1, 0,
		 "waitfor -t 10s redis://:p@cache/1?key=k"},
		{"wait4x redis unix://u:p@/run/r.sock?db=1", {0}, -1, 0, "waitfor -t 10s unix:///run/r.sock"},
		{"wait4x postgresql postgres://u:p@db/x?sslmode=disable --expect-table t", {0}, -1, 0,
		 "waitfor -t 10s postgres://u:p@db/x?sslmode=disable&table=t"},
		{"wait4x postgres postgres://db --expect-table t", {0}, -1, 0, "waitfor -t 10s postgres://db?table=t"},
		{"wait4x mysql u:p@ss/w@tcp(db:3306)/shop?charset=utf8", {0}, -1, 0, "waitfor -t 10s mysql://u:p%40ss%2Fw@db:3306/shop"},
		{"wait4x mysql u@/shop?tls=skip-verify --expect-table t", {0}, -1, 0,
		 "waitfor -t 10s mysql://u@127.0.0.1:3306/shop?tls&insecure&table=t"},
		{"wait4x mysql u:p@tcp(db)/?tls=true", {0}, -1, 0, "waitfor -t 10s mysql://u:p@db/?tls"},
		{"wait4x mysql u:p@unix(/run/mysqld.sock)/shop", {0}, -1, 0, "waitfor -t 10s unix:///run/mysqld.sock"},
		{"wait4x mongodb mongodb://u:p@a:1,b:2/x", {0}, -1, 0, "waitfor -t 10s mongodb://u:p@a:1,b:2/x"},
		{"wait4x kafka kafka://u:p@a:9092?authMechanism=scram-sha-256&x=y", {0}, -1, 0,
		 "waitfor -t 10s kafka://u:p@a:9092?sasl=SCRAM-SHA-256&x=y"},
		{"wait4x rabbitmq amqp://mq:5672/v", {0}, -1, 0, "waitfor -t 10s amqp://guest:guest@mq:5672/v"},
		{"wait4x rabbitmq amqp://u:p@mq --connection-timeout 2s", {0}, -1, 0,
		 "waitfor -t 10s --attempt-timeout 2s amqp://u:p@mq"},
		{"wait4x", {0}, 0, 1, "Usage:\n  wait4x "},
		{"wait4x --help", {0}, 0, 1, "Usage:\n  wait4x "},
		{"wait4x tcp -h", {0}, 0, 1, "Usage:\n  wait4x "},
		{"wait4x dns", {0}, 0, 1, "Usage:\n  wait4x "},
		{"wait4x version", {0}, 0, 1, "Version: v3 (waitfor "},
		{"wait4x nosuch", {0}, 1, 2, "Error: unknown command \"nosuch\" for \"wait4x\"\nRun 'wait4x --help' for usage.\n"},
		{"wait4x influxdb http://a", {0}, 1, 2, "Error: unknown command \"influxdb\" for \"wait4x\"\n"},
		{"wait4x tcp", {0}, 1, 2, "Error: ADDRESS is required argument for the tcp command\nUsage:\n"},
		{"wait4x mysql", {0}, 1, 2, "Error: DSN is required argument for the mysql command\nUsage:\n"},
		{"wait4x rabbitmq", {0}, 1, 2, "Error: DSN is required argument for the rabbitmq sub-command\nUsage:\n"},
		{"wait4x postgre", {0}, 1, 2, "Error: DSN is required argument for the postgresql command\nUsage:\n"},
		{"wait4x dns A", {0}, 1, 2, "Error: ADDRESS is required argument for the A command\nUsage:\n"},
		{"wait4x tcp a:1 --nosuch=1", {0}, 1, 2, "Error: unknown flag: --nosuch\nUsage:\n"},
		{"wait4x tcp a:1 --expect-key k", {0}, 1, 2, "Error: unknown flag: --expect-key\nUsage:\n"},
		{"wait4x tcp a:1 -x", {0}, 1, 2, "Error: unknown shorthand flag: 'x' in -x\nUsage:\n"},
		{"wait4x tcp a:1 -qx5", {0}, 1, 2, "Error: unknown shorthand flag: 'x' in -x5\nUsage:\n"},
		{"wait4x tcp a:1 -qt", {0}, 1, 2, "Error: flag needs an argument: 't' in -t\nUsage:\n"},
		{"wait4x tcp a:1 ---x=1", {0}, 1, 2, "Error: bad flag syntax: ---x=1\nUsage:\n"},
		{"wait4x tcp a:1 --=x", {0}, 1, 2, "Error: bad flag syntax: --=x\nUsage:\n"},
		{"wait4x tcp a:1 --timeout", {0}, 1, 2, "Error: flag needs an argument: --timeout\nUsage:\n"},
		{"wait4x tcp a:1 -t", {0}, 1, 2, "Error: flag needs an argument: 't' in -t\nUsage:\n"},
		{"wait4x tcp a:1 -t 1", {0}, 1, 2,
		 "Error: invalid argument \"1\" for \"-t, --timeout\" flag: time: missing unit in duration \"1\"\nUsage:\n"},
		{"wait4x tcp a:1 --connection-timeout x", {0}, 1, 2,
		 "Error: invalid argument \"x\" for \"--connection-timeout\" flag: time: invalid duration \"x\"\nUsage:\n"},
		{"wait4x tcp a:1 --quiet=foo", {0}, 1, 2,
		 "Error: invalid argument \"foo\" for \"-q, --quiet\" flag: strconv.ParseBool: parsing \"foo\": invalid syntax\nUsage:\n"},
		{"wait4x tcp a:1 -vq=foo", {0}, 1, 2,
		 "Error: invalid argument \"foo\" for \"-q, --quiet\" flag: strconv.ParseBool: parsing \"foo\": invalid syntax\nUsage:\n"},
		{"wait4x http http://a --insecure-skip-tls-verify=2", {0}, 1, 2,
		 "Error: invalid argument \"2\" for \"--insecure-skip-tls-verify\" flag: strconv.ParseBool: "
		 "parsing \"2\": invalid syntax\nUsage:\n"},
		{"wait4x tcp a:1 --backoff-policy foo", {0}, 1, 2, "Error: --backoff-policy must be one of [exponential linear]\n"},
		{"wait4x tcp a:1 --backoff-policy exponential -i 5.1s", {0}, 1, 2,
		 "Error: --backoff-exponential-max-interval must be greater than --interval\nUsage:\n"},
		{"wait4x tcp a:1 --backoff-policy exponential --backoff-exponential-max-interval 900ms", {0}, 1, 2,
		 "Error: --backoff-exponential-max-interval must be greater than --interval\nUsage:\n"},
		{"wait4x http http://a --request-header foo", {0}, 1, 2,
		 "Error: can't parse the request header: malformed MIME header: missing colon"},
		{"wait4x http http://a --expect-body-xpath //a", {0}, 1, 2, "Error: waitfor knows no XPath; "},
		{"wait4x http http://a --expect-body-json a.#.b", {0}, 1, 2, "Error: waitfor reads only names and numbers "},
		{"wait4x exec  a", {0}, 1, 2, "Error: the command of exec is empty, or a quote in it is open\n"},
		{"wait4x exec", {0}, 1, 2, "Error: COMMAND is required argument for the exec command\nUsage:\n"},
		{"wait4x exec 'a", {0}, 1, 2, "Error: the command of exec is empty, "},
		{"wait4x redis cache:6379", {0}, 1, 2, "Error: can't retrieve the checker identity: write a URL\n"},
		{"wait4x http api/up", {0}, 1, 2, "Error: can't retrieve the checker identity: write a URL\n"},
		{"wait4x mysql nothing", {0}, 1, 2, "Error: can't retrieve the checker identity: write user:password@tcp(host:3306)/database\n"},
		{"wait4x dns A a b --expect-ip 1 --expect-ip 2", {0}, 1, 2, "Error: one name at a time, "},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_messages(void **state)
{
	/* clang-format off */
	static const struct { const char *call; struct fronting_moment moment; const char *expected; } cases[] = {
		{"wait4x tcp a:1", {.moment = FRONTLINE_BEGIN}, "INF [TCP] Checking the a:1 ...\n"},
		{"wait4x http http://u:p@a/x", {.moment = FRONTLINE_BEGIN}, "INF [HTTP] Checking the http://u:***@a/x ...\n"},
		{"wait4x redis redis://u:p@a:1/2", {.moment = FRONTLINE_BEGIN}, "INF [Redis] Checking the a:1 ...\n"},
		{"wait4x mysql u:p@tcp(a:1)/x", {.moment = FRONTLINE_BEGIN}, "INF [MySQL] Checking the a:1 ...\n"},
		{"wait4x dns MX a.test", {.moment = FRONTLINE_BEGIN}, "INF [MX] Checking the a.test ...\n"},
		{"wait4x exec ls", {.moment = FRONTLINE_BEGIN}, "INF [Exec] Checking the ls ...\n"},
		{"wait4x tcp a:1", {.moment = FRONTLINE_TRIED, .changed = true, .outcome = {OUTCOME_REFUSED, ""}},
		 "ERR Expectation failed error=\"connection refused\"\n"},
		{"wait4x tcp a:1", {.moment = FRONTLINE_TRIED, .outcome = {OUTCOME_REFUSED, ""}}, ""},
		{"wait4x tcp a:1", {.moment = FRONTLINE_DONE}, ""},
		{"wait4x tcp a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT}, "Error: context deadline exceeded\n"},
		{"wait4x tcp a:1", {.moment = FRONTLINE_END, .verdict = VERDICT_READY}, ""},
		{"wait4x tcp a:1 -q", {.moment = FRONTLINE_END, .verdict = VERDICT_TIMED_OUT}, ""},
	};
	/* clang-format on */
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *said = fronting_say(cases[i].call, "tcp://a:1", &cases[i].moment, &late);

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
