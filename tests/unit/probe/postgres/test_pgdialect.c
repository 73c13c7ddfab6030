/* pgdialect.c: URLs in the dialects of applications. tests/e2e/test_database_url.py has what they lead to. */
#include "unit.h"

#include <string.h>

#include "probe/postgres/pgdialect.h"

struct dialect_row {
	const char *url, *uri, *own, *ignored;
	const char *message; /* a part of the expected error; NULL: none */
};

static void test_read(void **state)
{
	static const struct dialect_row rows[] = {
		{"postgres://db", "postgresql://db", "", "", NULL},
		{"postgis://u:p@db:1/x?", "postgresql://u:p@db:1/x", "", "", NULL},
		{"jdbc:postgresql://db/x?user=u&password=a+b%2Bc", "postgresql://db/x?user=u&password=a%20b%2Bc", "",
		 "", NULL},
		{"postgres://db/x?password=a+b", "postgresql://db/x?password=a+b", "", "", NULL},
		{"postgres://db/x?schema=a&sslmode=allow&pool=1", "postgresql://db/x?sslmode=allow", "", "schema, pool",
		 NULL},
		{"postgres://db/x?ssl=true", "postgresql://db/x?sslmode=require", "", "", NULL},
		{"postgres://db/x?ssl=no-verify", "postgresql://db/x?sslmode=no-verify", "", "", NULL},
		{"postgres://db/x?ssl=0", "postgresql://db/x?sslmode=disable", "", "", NULL},
		{"postgres://db/x?ssl=%7B%7D", "postgresql://db/x", "", "", NULL},
		{"postgres://db/x?sslmode=allow&ssl=true", "postgresql://db/x?sslmode=require&sslmode=allow", "", "",
		 NULL},
		{"postgres://db/x?options=-c a=b", "postgresql://db/x?options=-c a%3Db", "", "", NULL},
		{"postgres://db/x?missing-database=ok&user=u", "postgresql://db/x?user=u", "missing-database=ok", "",
		 NULL},
		{"postgres://u@/x?unix_sock=/cloudsql/p:r:i/.s.PGSQL.5433",
		 "postgresql://u@/x?port=5433&host=%2Fcloudsql%2Fp%3Ar%3Ai", "", "", NULL},
		{"postgres://u@/x?socket_dir=/run/pg", "postgresql://u@/x?host=/run/pg", "", "", NULL},
		{"postgres://db/x?sslMode=disable&sslPassword=s", "postgresql://db/x?sslmode=disable&sslpassword=s", "",
		 "", NULL},
		/* A word is left to libpq, which refuses it. */
		{"postgres://db/x?password=p&w", "postgresql://db/x?password=p&w", "", "", NULL},
		{"postgres://db/x?&user=u&&", "postgresql://db/x?user=u", "", "", NULL},
		{"postgres://db/x?password=p&schema=a", "postgresql://db/x?password=p", "", "schema", NULL},
		{"postgres://db:1/x?hunter2=&schema=@h", "postgresql://db:1/x", "", "another, schema", NULL},
		{"postgres://db/x?password=p&w=x", NULL, NULL, NULL, "'&' as %26"},
		{"postgres://db/x?sslPassword=p&w=x", NULL, NULL, NULL, "'&' as %26"},
		{"postgres://db/x?pasword=p", NULL, NULL, NULL, "did you mean \"password\"?"},
		{"postgres://db/x?ssl_mod=p", NULL, NULL, NULL, "did you mean \"sslmode\"?"},
		{"postgres://db/x?target_session_attr=any", NULL, NULL, NULL, "did you mean \"target_session_attrs\"?"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pgdialect dialect = {0};
		struct error err = {0};
		int failed = pgdialect_read(&dialect, rows[i].url, &err);

		check_int(rows[i].url, failed, rows[i].message ? -1 : 0);
		if (rows[i].message) {
			check_has(rows[i].url, err.text, rows[i].message);
			check_lacks(rows[i].url, err.text, "=p");
		} else {
			check_text(rows[i].url, dialect.uri, rows[i].uri);
			check_text(rows[i].url, dialect.own, rows[i].own);
			check_text(rows[i].url, dialect.ignored, rows[i].ignored);
		}
		pgdialect_release(&dialect);
	}
}

static void test_parameter(void **state)
{
	static const struct {
		const char *key;
		enum mask_parameter known;
	} rows[] = {
		{"schema", MASK_SHOWN},
		{"ssl", MASK_SHOWN},
		{"sslMode", MASK_SHOWN},
		{"sslPassword", MASK_SECRET},
		{"missing-database", MASK_SHOWN},
		{"unix_sock", MASK_SHOWN},
		{"user", MASK_UNKNOWN},
		{"password", MASK_UNKNOWN},
		{"", MASK_UNKNOWN},
		{"schem", MASK_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].key, pgdialect_parameter(rows[i].key, strlen(rows[i].key)), rows[i].known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_parameter),
	};

	return unit_main(tests);
}
