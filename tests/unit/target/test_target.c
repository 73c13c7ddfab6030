#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "target/target.h"

/* Returns the endpoints as one text, "db 5432, two 0". The caller frees it. */
static char *endpoints_text(const struct target *target)
{
	struct buf out = {0};

	for (size_t i = 0; i < target->endpoint_count; i++) {
		char *one = alloc_format("%s%s %u", i ? ", " : "", target->endpoints[i].host,
					 (unsigned)target->endpoints[i].port);

		buf_add_text(&out, one);
		free(one);
	}
	return buf_detach(&out);
}

#define LABEL_63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
#define UPPER_63 "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABC"

struct parse_row {
	const char *text;
	const char *endpoints; /* as endpoints_text */
	const char *name;
	bool named;
	const char *scheme, *tail;
	bool has_user;
	const char *shown; /* NULL: as written */
	const char *url;   /* NULL: as written */
};

static void test_parse(void **state)
{
	static const struct parse_row rows[] = {
		{"db:5432", "db 5432", "DB", false, NULL, "", false, NULL, NULL},
		{"db", "db 0", "DB", false, NULL, "", false, NULL, NULL},
		{"db:1", "db 1", "DB", false, NULL, "", false, NULL, NULL},
		{"db:65535", "db 65535", "DB", false, NULL, "", false, NULL, NULL},
		/*
		 * "The host's first label, upper-cased, other characters _" (issue 3, "Exports"). FACTS 16: what a name
		 * may hold.
		 */
		{"my-db.v1.local:80", "my-db.v1.local 80", "MY_DB", false, NULL, "", false, NULL, NULL},
		{"My_Api2:80", "My_Api2 80", "MY_API2", false, NULL, "", false, NULL, NULL},
		{"db.:80", "db. 80", "DB", false, NULL, "", false, NULL, NULL},
		{LABEL_63 ".x:80", LABEL_63 ".x 80", UPPER_63, false, NULL, "", false, NULL, NULL},
		/* An address or a path "exports nothing unless it is named". */
		{"127.0.0.1:80", "127.0.0.1 80", NULL, false, NULL, "", false, NULL, NULL},
		{"[::1]:80", "::1 80", NULL, false, NULL, "", false, NULL, NULL},
		{"[fd00::2]", "fd00::2 0", NULL, false, NULL, "", false, NULL, NULL},
		{"2db:80", "2db 80", NULL, false, NULL, "", false, NULL, NULL},
		{"cache=127.0.0.1:80", "127.0.0.1 80", "CACHE", true, NULL, "", false, NULL, "127.0.0.1:80"},
		{"v6=[::1]:80", "::1 80", "V6", true, NULL, "", false, NULL, "[::1]:80"},
		{"my-api.x=db:80", "db 80", "MY_API_X", true, NULL, "", false, NULL, "db:80"},
		{"tcp://db:80", "db 80", "DB", false, "tcp", "", false, NULL, NULL},
		{"TCP://db:80", "db 80", "DB", false, "tcp", "", false, NULL, NULL},
		{"tcp://db:80/", "db 80", "DB", false, "tcp", "/", false, NULL, NULL},
		{"api=tcp://db:80", "db 80", "API", true, "tcp", "", false, NULL, "tcp://db:80"},
		/* The name is the first part without a '_'; and the library that reads the URL knows no "srv+". */
		{"srv+postgres://_postgresql._tcp.db.service.consul/x", "_postgresql._tcp.db.service.consul 0", "DB",
		 false, "postgres", "/x", false, NULL, "postgres://_postgresql._tcp.db.service.consul/x"},
		{"jdbc:srv+postgres://_p._tcp.db/x", "_p._tcp.db 0", "DB", false, "postgres", "/x", false, NULL,
		 "jdbc:postgres://_p._tcp.db/x"},
		{"srv++tcp://db:80", "db 80", "DB", false, "srv++tcp", "", false, NULL, NULL}, /* "+tcp" is no scheme */
		{"SRV+tcp://db.test", "db.test 0", "DB", false, "tcp", "", false, NULL, "tcp://db.test"},
		{"a=srv+redis+x://_r._tcp.db", "_r._tcp.db 0", "A", true, "redis", "", false, NULL,
		 "redis+x://_r._tcp.db"},
		{"srv+tcp://_x._tcp._y", "_x._tcp._y 0", "_Y", false, "tcp", "", false, NULL, "tcp://_x._tcp._y"},
		{"tcp://_x._tcp.db:1", "_x._tcp.db 1", "_X", false, "tcp", "", false, NULL, NULL},
		{"x+y.z-1://db:80", "db 80", "DB", false, "x+y.z-1", "", false, NULL, NULL},
		{"postgres://db/app", "db 0", "DB", false, "postgres", "/app", false, NULL, NULL},
		{"postgres://me:pw@db:5433/app?port=1", "db 5433", "DB", false, "postgres", "/app?port=1", true,
		 "postgres://me:***@db:5433/app?port=1", NULL},
		{"a=postgres://me:pw@db/app", "db 0", "A", true, "postgres", "/app", true, "a=postgres://me:***@db/app",
		 "postgres://me:pw@db/app"},
		{"postgres://me@db", "db 0", "DB", false, "postgres", "", true, NULL, NULL},
		{"postgres://one:1,two,[::1]:3/app", "one 1, two 0, ::1 3", "ONE", false, "postgres", "/app", false,
		 NULL, NULL},
		{"postgres:///app?host=db", "", NULL, false, "postgres", "/app?host=db", false, NULL, NULL},
		{"unix:///run/a", "", NULL, false, "unix", "/run/a", false, NULL, NULL},
		{"pid://123?gone", "", NULL, false, "pid", "123?gone", false, NULL, NULL},
		{"app=PID://123", "", "APP", true, "pid", "123", false, NULL, "PID://123"},
		{"api=unix:///run/a", "", "API", true, "unix", "/run/a", false, NULL, "unix:///run/a"},
		{"postgres://db?application_name=a=b", "db 0", "DB", false, "postgres", "?application_name=a=b", false,
		 NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct parse_row *row = &rows[i];
		struct error err = {0};
		struct target target;
		char *endpoints;

		memset(&target, 0x55, sizeof(target));
		check_int(row->text, target_parse(&target, row->text, &err), 0);
		endpoints = endpoints_text(&target);
		check_text(row->text, endpoints, row->endpoints);
		free(endpoints);
		check_text(row->text, target.name, row->name);
		check_int(row->text, target.named, row->named);
		check_text(row->text, target.scheme_name, row->scheme);
		check_text(row->text, target.tail, row->tail);
		check_int(row->text, target.has_user, row->has_user);
		check_text(row->text, target.text, row->shown ? row->shown : row->text);
		check_text(row->text, target.url, row->url ? row->url : row->text);
		check(row->text, target.exports && !target.scheme && !target.plan && !err.set);
		target_release(&target);
	}
}

struct refuse_row {
	const char *text, *message;
};

/* "Exits 125 with one line that names the argument and says what would be right" (issue 3). */
static void test_refuse(void **state)
{
	static const struct refuse_row rows[] = {
		{"", "write host:port"},
		{":5432", "write host:port"},
		{"db:0", "\"0\" is not a port; write a number from 1 to 65535"},
		{"db:65536", "from 1 to 65535"},
		{"db:54x2", "\"54x2\" is not a port"},
		{"db:", "is not a port"},
		{"db:-1", "from 1 to 65535"},
		{"db:+1", "from 1 to 65535"},
		{"db: 1", "from 1 to 65535"},
		{"db:4294972728", "from 1 to 65535"},           /* 5432 in 32 bits */
		{"db:18446744073709557048", "from 1 to 65535"}, /* 5432 in 64 bits */
		{"tcp://db:0", "from 1 to 65535"},
		{"postgres://a:99999/app", "\"99999\" is not a port; write a number from 1 to 65535"},
		{"tcp://db:54x2", "\"54x2\" is not a port"},
		{"=db:80", "write NAME=host:port"},
		{"=tcp://db:80", "write NAME=host:port"},
		{"1a=db:80", "write NAME=host:port"},
		{"A${B=db:80", "write NAME=host:port"}, /* no variable that is expanded is left here */
		{"{{.Name}}=db:80", "write NAME=host:port"},
		{"a=", "write host:port"},
		{"d b:80", "' '"},
		{"db;x:80", "';'"},
		{"::1", "[v6]:port"},
		{"::1:80", "[v6]:port"},
		{"db:80:80", "[v6]:port"},
		{"[::1", "[v6]:port"},
		{"[::1]80", "[v6]:port"},
		{"[::1]:", "is not a port"},
		{"[db]:80", "not an IPv6 address"},
		{"[127.0.0.1]:80", "not an IPv6 address"},
		{"[]:80", "[v6]:port"},
		{"db:5432/app", "scheme://"},
		{"./app", "\"--\""},
		{"://db:80", "scheme://host:port"},
		{"1tcp://db:80", "scheme://host:port"},
		{"postgres://me@:5432/app", "write host:port"},
		{"db..local:80", "dots"},
		/* A scheme that needs no host takes none. */
		{"unix://run/a", "no host, port or user before the path; write unix:///path"},
		{"unix://./a", "write unix:///path"},
		{"unix://:80/a", "write unix:///path"},
		{"unix://me@/a", "write unix:///path"},
		{".db:80", "dot"},
		/* RFC 1035, 2.3.4: 63 bytes in a label, 253 in a name. */
		{LABEL_63 "." LABEL_63 "." LABEL_63
			  ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab:80",
		 "253"},
		{LABEL_63 "." LABEL_63 "." LABEL_63
			  ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab.:80",
		 "253"},
		/* HOSTILE D14: DNS is not asked for it. */
		{"b\xc3\xbc"
		 "cher.test:80",
		 "write xn--bcher-kva.test"},
		{"tcp://b\xc3\xbc"
		 "cher.test:80",
		 "write xn--bcher-kva.test"},
		{"b\xfc"
		 "cher.test:80",
		 "with xn--"},
		{"a\x1b"
		 "b:80",
		 "a control character"},
		{LABEL_63 "x:80", "63"},
		{"db." LABEL_63 "x.local:80", "63"},
		{LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ":80", "253"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct target target = {0};
		char *shown = alloc_format("target \"%.60s", rows[i].text);

		check_int(rows[i].text, target_parse(&target, rows[i].text, &err), -1);
		check(rows[i].text, err.set);
		check_has(rows[i].text, err.text, shown);
		check_has(rows[i].text, err.text, rows[i].message);
		free(shown);
	}
}

/*
 * If the wrong part may be a piece of a password, the error says what is wrong and how to write it, but does not quote
 * it.
 */
static void test_refuse_without_quoting(void **state)
{
	static const struct refuse_row rows[] = {
		{"postgres://me:a@b@db:1", "an '@' in a user or password must be written %40"},
		{"postgres://a:1,b:x/app", "not a port; write a number from 1 to 65535"},
		{"postgres://me:pw/app", "user:password@host"},
		{"me@db:5432", "postgres://user@host:port"},
		{"host=db password=pw", "write postgres://user:password@host:port/db"},
		{"db password=pw", "postgres://user:password@host:port/db"},
		{"password=pw", "postgres://user:password@host:port/db"},
		{"db:5432?password=pw", "postgres://user:password@host:port/db?parameter=value"},
		{"postgres://db/app&password=pw", "parameters follow a '?'"},
		{"postgres://db&password=pw", "'&'"},
		{"postgres://db password=pw", "' '"},
		{"postgres://db#pw", "%23"},
		{"unix://me:pw@/run/a", "write unix:///path"},
		{"unix://me:p/w@/run/a", "write unix:///path"},
		{"postgres://me:1?pw@db", "%3F"},
		{"postgres://db?user=me@corp", "a parameter %40"},
		{"smtp://${:a:pw}?/}@db", "cannot hold '$'"},
		{"smtp://me:p@1%pw?@db", "%3F"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct target target = {0};

		check_int(rows[i].text, target_parse(&target, rows[i].text, &err), -1);
		check_has(rows[i].text, err.text, rows[i].message);
	}
}

/* After a failure the target is empty, whatever it held before. */
static void test_a_refused_target_is_empty(void **state)
{
	static const struct target empty;
	struct error err = {0};
	struct target target;

	(void)state;
	memset(&target, 0x55, sizeof(target));
	check_int("port 0", target_parse(&target, "db:0", &err), -1);
	check("port 0", memcmp(&target, &empty, sizeof(target)) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_refuse_without_quoting),
		cmocka_unit_test(test_a_refused_target_is_empty),
	};

	return unit_main(tests);
}
