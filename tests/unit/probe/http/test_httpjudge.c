/* httpjudge.c and httpplan.c: what a reply must be, and whether it is. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "net/fetch.h"
#include "probe/http/httpjudge.h"
#include "prober.h"

#define OK     "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Empty:\r\n\r\n"
#define HEALTH "{\"status\":\"green\",\"n\":3,\"deep\":{\"a/b\":[{\"~\":true},null,1.5]},\"\":\"x\"}"

struct judge_row {
	const char *target, *head, *body;
	enum outcome_kind kind;
	const char *detail; /* NULL: any */
};

static const struct judge_row judge_rows[] = {
	/* The status. */
	{"http://127.0.0.1:#/", OK, "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#", "HTTP/2 204 \r\n\r\n", "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/", "HTTP/1.1 399 Odd\r\n\r\n", "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/", "HTTP/1.1 400 Bad Request\r\n\r\n", "", OUTCOME_STARTING,
	 "status 400 Bad Request, not 200-399"},
	{"http://127.0.0.1:#/", "HTTP/1.1 503\r\n\r\n", "", OUTCOME_STARTING,
	 "status 503 Service Unavailable, not 200-399"},
	{"http://127.0.0.1:#/", "HTTP/1.1 999 Odd\r\n\r\n", "", OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?status=204", OK, "", OUTCOME_STARTING, "status 200 OK, not 204"},
	{"http://127.0.0.1:#/?status=204,200-201,503", OK, "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?status=500-599", "HTTP/1.1 599 X\r\n\r\n", "", OUTCOME_READY, ""},
	/* Only who has shown a password is denied: waiting does not change it. */
	{"http://127.0.0.1:#/", "HTTP/1.1 401 Unauthorized\r\n\r\n", "", OUTCOME_STARTING, NULL},
	{"http://u:p@127.0.0.1:#/", "HTTP/1.1 401 Unauthorized\r\n\r\n", "", OUTCOME_DENIED, NULL},
	{"http://u:p@127.0.0.1:#/", "HTTP/1.1 403 Forbidden\r\n\r\n", "", OUTCOME_DENIED, NULL},
	{"http://u:p@127.0.0.1:#/", "HTTP/1.1 404 Not Found\r\n\r\n", "", OUTCOME_STARTING, NULL},
	/* The body. */
	{"http://127.0.0.1:#/?expect-body=gre{2}n", OK, HEALTH, OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-body=^gre{2}n", OK, HEALTH, OUTCOME_STARTING,
	 "the body does not match expect-body"},
	{"http://127.0.0.1:#/?expect-body=x", OK, "", OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/status=green", OK, HEALTH, OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-json=/status=red", OK, HEALTH, OUTCOME_STARTING, "the JSON is not /status=red"},
	{"http://127.0.0.1:#/?expect-json=/status=", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/n=3&expect-json=/n=3.0&expect-json=/n", OK, HEALTH, OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-json=/n=3&expect-json=/n=4", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/n=nan", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/n=%203", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/", "HTTP/1.1 418 your key is hunter2\r\n\r\n", "", OUTCOME_STARTING,
	 "status 418, not 200-399"},
	{"http://127.0.0.1:#/?expect-json=/n=three", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/0/~0=true", OK, HEALTH, OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/1=null&expect-json=/deep/a~1b/2=1.5", OK, HEALTH, OUTCOME_READY,
	 ""},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/3", OK, HEALTH, OUTCOME_STARTING,
	 "the JSON has nothing at /deep/a~1b/3"},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/-1", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/x", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/deep/a~1b/99999999999999999999", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/status/x", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/STATUS", OK, HEALTH, OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-json=/=x", OK, HEALTH, OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-json=/n", OK, "<html>", OUTCOME_STARTING, "the body is not JSON"},
	{"http://127.0.0.1:#/?expect-json=/n", OK, "", OUTCOME_STARTING, "the body is not JSON"},
	{"http://127.0.0.1:#/?expect-json=/n", OK, "{\"n\":", OUTCOME_STARTING, "the body is not JSON"},
	/* Headers. */
	{"http://127.0.0.1:#/?expect-header=content-type", OK, "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-header=Content-Type:^application/json", OK, "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-header=Content-Type:%20^text", OK, "", OUTCOME_STARTING,
	 "the reply lacks the header Content-Type, or it does not match"},
	{"http://127.0.0.1:#/?expect-header=X-Empty:^$", OK, "", OUTCOME_READY, ""},
	{"http://127.0.0.1:#/?expect-header=Content", OK, "", OUTCOME_STARTING, NULL},
	{"http://127.0.0.1:#/?expect-header=X", OK, "X: body", OUTCOME_STARTING, NULL},
	/* What is asked of a cluster without being written. */
	{"elasticsearch://127.0.0.1:#", OK, "{\"status\":\"yellow\",\"timed_out\":false}", OUTCOME_READY, ""},
	{"opensearch://127.0.0.1:#/", OK, "{\"status\":\"red\",\"timed_out\":true}", OUTCOME_STARTING, NULL},
	{"elasticsearch://127.0.0.1:#?expect-json=/status=green", OK, "{\"status\":\"yellow\",\"timed_out\":false}",
	 OUTCOME_STARTING, "the JSON is not /status=green"},
	{"etcd://127.0.0.1:#", OK, "{\"health\":\"true\",\"reason\":\"\"}", OUTCOME_READY, ""},
	{"etcd://127.0.0.1:#", OK, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}", OUTCOME_STARTING, NULL},
};

static void test_judge(void **state)
{
	struct unit_loop unit;

	(void)state;
	unit_loop_open(&unit);
	for (size_t i = 0; i < COUNT(judge_rows); i++) {
		const struct judge_row *row = &judge_rows[i];
		struct fetch_reply reply = {0};
		struct prober prober;
		struct outcome outcome;
		const struct target *target = &prober.target;

		prober_open(&prober, &unit, row->target, 8080);
		reply.status = (int)strtol(strchr(row->head, ' '), NULL, 10);
		buf_add_text(&reply.head, row->head);
		buf_add_text(&reply.body, row->body);
		outcome = httpjudge_reply(target->plan, &reply, target->has_user);
		check_int(row->target, outcome.kind, row->kind);
		if (row->detail)
			check_text(row->target, outcome.detail, row->detail);
		buf_release(&reply.head);
		buf_release(&reply.body);
		prober_close(&prober);
	}
	unit_loop_close(&unit);
}

/* The URL that is asked for: without waitfor's own parameters, and with those that an escape hides from it. */
static void test_url(void **state)
{
	static const char *const rows[][2] = {
		{"http://127.0.0.1:#", "http://127.0.0.1:8080/"},
		{"http://127.0.0.1:80", "http://127.0.0.1/"},
		{"http://127.0.0.1", "http://127.0.0.1/"},
		{"http://127.0.0.1:#?x=1", "http://127.0.0.1:8080/?x=1"},
		{"http://127.0.0.1:#/a%20b/?status=200&x=1&&method=GET&y", "http://127.0.0.1:8080/a%20b/?x=1&y"},
		{"http://127.0.0.1:#/?%73tatus=1&x=%26", "http://127.0.0.1:8080/?%73tatus=1&x=%26"},
		{"http://u:p@[::1]:#/x", "http://[::1]:8080/x"},
		{"http://[fe80::1%25lo]:#/", "http://[fe80::1]:8080/"},
		{"http://127.0.0.1:#/?host=api.example:99", "http://api.example:8080/"},
		{"http+unix:///run/a.sock:/v1/x?y=1", "http://localhost/v1/x?y=1"},
		{"http+unix:///run/a.sock", "http://localhost/"},
		{"http+unix:///run/a.sock?y=a:/b", "http://localhost/?y=a:/b"},
		{"elasticsearch://127.0.0.1?x=1",
		 "http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=1s&x=1"},
		{"elasticsearch://127.0.0.1/other", "http://127.0.0.1:9200/other"},
	};
	struct unit_loop unit;

	(void)state;
	unit_loop_open(&unit);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prober prober;
		char *url;

		prober_open(&prober, &unit, rows[i][0], 8080);
		url = httpplan_url(&prober.target, prober.target.endpoints);
		check_text(rows[i][0], url, rows[i][1]);
		free(url);
		prober_close(&prober);
	}
	unit_loop_close(&unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_url),
	};

	return unit_main(tests);
}
