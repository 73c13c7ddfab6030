/* pguri.c: PostgreSQL URIs. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "probe/postgres/pguri.h"

static void note_parameter(void *arg, const char *key, const char *value)
{
	struct buf *told = arg;

	buf_add_text(told, key);
	buf_add_text(told, "=");
	buf_add_text(told, value);
	buf_add_text(told, ";");
}

/* Returns "host|address|port," for each endpoint. The caller frees it. */
static char *endpoints_of(const struct target *target)
{
	struct buf out = {0};

	for (size_t i = 0; i < target->endpoint_count; i++) {
		char port[16];

		buf_add_text(&out, target->endpoints[i].host);
		buf_add_text(&out, "|");
		buf_add_text(&out, target->endpoints[i].address ? target->endpoints[i].address : "");
		snprintf(port, sizeof(port), "|%u,", (unsigned)target->endpoints[i].port);
		buf_add_text(&out, port);
	}
	return buf_detach(&out);
}

struct uri_row {
	const char *uri, *endpoints, *parameters;
	const char *message; /* a part of the expected error; NULL: none. If set, the rest of the row does not matter */
};

static void check_uri(const struct uri_row *row)
{
	struct target target;
	struct error err = {0};
	struct buf told = {0};
	char *endpoints, *parameters, *ignored;

	if (target_parse(&target, row->uri, &err))
		fail_msg("%s", err.text);
	check(row->uri, !pguri_take(&target, note_parameter, &told, &ignored, &err) == !row->message);
	endpoints = endpoints_of(&target);
	parameters = buf_detach(&told);
	if (row->message) {
		check_has(row->uri, err.text, row->message);
	} else {
		check_text(row->uri, err.text, "");
		check_text(row->uri, endpoints, row->endpoints);
		check_text(row->uri, parameters, row->parameters);
	}
	free(endpoints);
	free(parameters);
	free(ignored);
	target_release(&target);
}

/* With "/.s.PGSQL.5432" appended it has 106 bytes; a socket's path has at most 107 (unix(7)). */
#define TEN       "/123456789"
#define NINETYTWO TEN TEN TEN TEN TEN TEN TEN TEN TEN "/1"

/* Hosts, addresses and ports (PostgreSQL manual, "Connection Strings" and "Specifying Multiple Hosts"). */
static void test_places(void **state)
{
	static const struct uri_row rows[] = {
		{"postgres://db", "db||0,", "", NULL},
		{"postgres://db:6432/app", "db||6432,", "dbname=app;", NULL},
		{"postgres://[fd00::2]:6432", "fd00::2||6432,", "", NULL},
		{"postgres://a:1,b:2/app", "a||1,b||2,", "dbname=app;", NULL},
		{"postgres://a,b:2", "a||0,b||2,", "", NULL},
		{"postgres:///app?host=a,b&port=7", "a||7,b||7,", "dbname=app;", NULL},
		{"postgres:///?host=a,b&port=1,2", "a||1,b||2,", "", NULL},
		{"postgres://a/?hostaddr=10.0.0.1", "a|10.0.0.1|0,", "", NULL},
		{"postgres:///?hostaddr=10.0.0.1,10.0.0.2", "10.0.0.1|10.0.0.1|0,10.0.0.2|10.0.0.2|0,", "", NULL},
		{"postgres:///?host=a,b&hostaddr=,10.0.0.2", "a||0,b|10.0.0.2|0,", "", NULL},
		{"postgres:///?host=/run/pg", "/run/pg||0,", "", NULL},
		{"postgres:///?host=" NINETYTWO "2", NINETYTWO "2||0,", "", NULL},
		{"postgres:///?host=" NINETYTWO "23&port=543", NINETYTWO "23||543,", "", NULL},
		{"postgres:///?host=" NINETYTWO "&port=54321", NINETYTWO "||54321,", "", NULL},
		{"postgres://%2Frun%2Fpg:6432/", "/run/pg||6432,", "", NULL},
		/* FIELD 12: first split, then decode. psql connects there, too. */
		{"postgres://%2Fcloudsql%2Fproj%3Aregion%3Ainst/", "/cloudsql/proj:region:inst||0,", "", NULL},
		{"postgres://%2Fcloudsql%2Fproj%3Aregion%3Ainst:6432/", "/cloudsql/proj:region:inst||6432,", "", NULL},
		{"postgres:///?host=/cloudsql/proj:region:inst", "/cloudsql/proj:region:inst||0,", "", NULL},
		{"postgres:///?host=%2Fcloudsql%2Fproj%3Aregion%3Ainst", "/cloudsql/proj:region:inst||0,", "", NULL},
		{"postgres://%2Frun%2Fa%40b%3F%23%20c/", "/run/a@b?# c||0,", "", NULL},
		{"postgres://ignored:1/?host=db&port=2", "db||2,", "", NULL},
		{"postgres://db?keepalives_idle=0002147483647", "db||0,", "keepalives_idle=0002147483647;", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_uri(&rows[i]);
}

static void test_parameters_are_told_decoded(void **state)
{
	static const char uri[] = "postgres://me:p%40ss@db/a%20b?sslmode=disable";
	struct target target;
	struct error err = {0};
	struct buf told = {0};
	static const char *const each[] = {"user=me;", "password=p@ss;", "dbname=a b;", "sslmode=disable;"};
	char *all, *ignored;

	(void)state;
	assert_int_equal(target_parse(&target, uri, &err), 0);
	assert_int_equal(pguri_take(&target, note_parameter, &told, &ignored, &err), 0);
	all = buf_detach(&told);
	for (size_t i = 0; i < COUNT(each); i++)
		check_has(uri, all, each[i]); /* they come in libpq's order, not in that of the URI */
	free(all);
	free(ignored);
	target_release(&target);
}

static void test_refused(void **state)
{
	static const struct uri_row rows[] = {
		{"postgres://db/x?sslmod=disable", NULL, NULL, "did you mean \"sslmode\"?"},
		{"postgres://db/x?missing-databse=ok", NULL, NULL, "did you mean \"missing-database\"?"},
		{"postgres://db/x?missing-database=yes", NULL, NULL, "write ok"},
		{"postgres://db/x?service=prod", NULL, NULL, "service="},
		{"postgres://db/x?connect_timeout=x", NULL, NULL, "not a number"},
		{"postgres://db/x?keepalives_idle=99999999999999999999", NULL, NULL, "at most 2147483647"},
		{"postgres://db/x?keepalives_idle=2147483648", NULL, NULL, "at most 2147483647"},
		{"postgres://db/x?keepalives=hunter", NULL, NULL, "keepalives is not a number"},
		{"postgres://db/x?keepalives_idle=", NULL, NULL, "not a number"},
		{"postgres:///x?host=a,b&hostaddr=10.0.0.1", NULL, NULL, "one for each"},
		{"postgres:///x?host=a,b&port=1,2,3", NULL, NULL, "one port for each"},
		{"postgres:///x?host=a,b&port=1,0", NULL, NULL, "65535"},
		{"postgres:///x?host=a,", NULL, NULL, "host is missing"},
		{"postgres:///x?host=a%20b", NULL, NULL, "not a host name"},
		{"postgres:///x?host=" NINETYTWO "23", NULL, NULL, "above 107 bytes"},
		{"postgres:///x?host=" NINETYTWO "234&port=543", NULL, NULL, "above 107 bytes"},
		{"postgres:///x?host=" NINETYTWO "2&port=54321", NULL, NULL, "above 107 bytes"},
		{"postgres://db/x?hostaddr=db", NULL, NULL, "not a numeric address"},
		{"postgres://u:%zz@db/x", NULL, NULL, "%25"},
		{"postgres://db/x?password=p&w", NULL, NULL, "'&' as %26"},
		{"postgres://db/x?password=p&w=x", NULL, NULL, "'&' as %26"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_uri(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_parameters_are_told_decoded),
		cmocka_unit_test(test_refused),
	};

	return unit_main(tests);
}
