/* mask.c: no secret of a target is ever shown; nor in target.c's errors. */
#include "unit.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "target/scheme.h"
#include "target/target.h"

/* No piece of a secret may show, however the target is mistyped. Every secret here holds "hunter" or "xyzzy". */
static void test_errors_hold_no_secret(void **state)
{
	static const char *const rows[] = {"postgres://me:hunter@db:0/app",
					   "postgres://me:hunter@db:99999",
					   "postgres://me:hunter/xyzzy@db/app",
					   "postgres://me:hunter?xyzzy@db/app",
					   "postgres://me:hunter#xyzzy@db/app",
					   "postgres://me:hunter@xyzzy@:5432/app",
					   "postgres://me:12/hunter@db/app",
					   "a=postgres://me:hunter@db:0/app",
					   "me:hunter@db:5432",
					   "postgres://db:0/app?password=hunter",
					   "1=postgres://me:hunter@db/app",
					   "=postgres://me:hunter@db/app",
					   "postgres//me:hunter@db/app",
					   "postgres:/me:hunter@db/app",
					   "postgres://me:hunter@xyzzy:word/x@db",
					   "postgres://me:hunter@[xyzzy/x@db",
					   "postgres://me:hunter@xyzzy/x@db/app",
					   "postgres://me:p@xyzzy@db/app",
					   "postgres://me:p@xyzzy:x@db",
					   "postgres://me:p@xyzzy:1,hunter@db",
					   "postgres://me:p@ss,hunter:1@db/app",
					   "postgres://me:hunter",
					   "postgres://me:hunter/app",
					   "postgres://me:1234567hunter",
					   "postgres://me:hunter?sslmode=disable",
					   "postgres://me:x:hunter",
					   "postgres://me:p,hunter:1/app",
					   "mysql://me:hunter/app",
					   "host=db password=hunter user=x",
					   "password=hunter user=x host=db",
					   "password='xyzzy hunter' host=db",
					   "host=db password = hunter",
					   "host=db\tpassword=hunter",
					   "db password=hunter",
					   "host=db password=@hunter",
					   "password=@hunter",
					   "PGPASSWORD=correct hunter",
					   "PGPASSWORD=hunter xyzzy",
					   "password=a://hunter host=h",
					   "PGPASSWORD=hunter://xyzzy",
					   "DB_PASSWORD=xyzzy:hunter/x",
					   "DB_PASS=hunter",
					   "REDIS_PWD=xyzzy,hunter",
					   "api_token=hunter",
					   "CLIENT_SECRET=hunter/xyzzy",
					   "postgres://me:/hunter",
					   "postgres://me:?hunter",
					   "postgres://me:x/hunter",
					   "password=hunter",
					   "sslpassword=hunter:5432",
					   "host=db:5432 password=hunter dbname=postgres://db",
					   "postgres://db password=hunter",
					   "postgres://db/app&password=hunter",
					   "postgres://db/app#password=hunter",
					   "postgres://db/app password=hunter",
					   "postgres://db/app%3Fpassword=hunter",
					   "postgres://db&password=hunter",
					   "postgres://db:5432&password=hunter",
					   "postgres://db#hunter",
					   "db:5432&password=hunter",
					   "db:5432?password=hunter",
					   "db:5432#hunter",
					   "db&password=hunter",
					   "db?password=hunter",
					   "db:5432?user=me@corp&password=hunter",
					   "hunter@db/app",
					   "hunter@db:5432",
					   "postgres://me:1?hunter&user=x@db",
					   "postgres://me:12?host=hunter@db/app",
					   "postgres://me:1?user=hunter@db",
					   "postgres://db?user=me@corp&password=hunter"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct target target = {0};

		check_int(rows[i], target_parse(&target, rows[i], &err), -1);
		check_lacks(rows[i], err.text, "hunter");
		check_lacks(rows[i], err.text, "xyzzy");
	}
}

struct mask_row {
	const char *text, *masked;
};

static void test_mask(void **state)
{
	static const struct mask_row rows[] = {
		{"db:5432", "db:5432"},
		{"tcp://db:80", "tcp://db:80"},
		{"postgres://me@db:5432/app", "postgres://me@db:5432/app"},
		{"postgres://me:pw@db/app", "postgres://me:***@db/app"},
		{"redis://pw@db/0", "redis://***@db/0"},
		{"SRV+redis://pw@_r._tcp.db/0", "SRV+redis://***@_r._tcp.db/0"},
		{"srv+postgres://me:pw@_r._tcp.db/0", "srv+postgres://me:***@_r._tcp.db/0"},
		{"nats://token@bus", "nats://***@bus"},
		{"postgres://me:1/pw?host@db", "postgres://me:***"}, /* not a value of the parameter host */
		{"redis://pw@db:6379/0?x=a@b", "redis://***:***@b"},
		{"redis://pw@db/0?x=a@b", "redis://***"}, /* either '@' may end it */
		{"jdbc:redis://pw@db/0", "jdbc:redis://***@db/0"},
		{"r2dbc:pool:srv+redis://pw@_r._tcp.db", "r2dbc:pool:srv+redis://***@_r._tcp.db"},
		{"bus=jdbc:nats://token@bus", "bus=jdbc:nats://***@bus"},
		{"NATS://token@bus:4222", "NATS://***@bus:4222"},
		{"C=REDISS://pw@db", "C=REDISS://***@db"},
		{"redis://me:pw@db", "redis://me:***@db"},
		{"redis://:pw@db", "redis://:***@db"},
		{"redis://db", "redis://db"},
		{"postgres://me:@db", "postgres://me:***@db"},
		{"postgres://:pw@db", "postgres://:***@db"},
		{"postgres://me:p@w:x@db", "postgres://me:***@db"},
		{"postgres://me:p/w?x@db", "postgres://me:***@db"},
		{"me:pw@db", "***@db"},
		{"postgres://db?password=pw", "postgres://db?password=***"},
		{"postgres://db?user=b&password=pw&port=5", "postgres://db?user=b&password=***&port=5"},
		{"postgres://db?password=p=w", "postgres://db?password=***"},
		{"postgres://db?sslpassword=pw&sslmode=y", "postgres://db?sslpassword=***&sslmode=y"},
		{"postgres://db?p%61ssword=pw", "postgres://db?p%61ssword=***"}, /* libpq decodes keys */
		{"postgres://db?user=me&passfile=/run/pw", "postgres://db?user=me&passfile=/run/pw"},
		{"postgres://me:pw@db?password=pw", "postgres://me:***@db?password=***"},
		{"postgres://db?password", "postgres://db?***"},
		{"postgres://db?password=&user=", "postgres://db?password=***&user="},
		{"postgres://db?pasword=pw", "postgres://db?pasword=***"}, /* misspelt, so unknown, so hidden */
		{"postgres://db:1/x?user=me@corp&password=pw", "postgres://db:1/x?user=me@corp&password=***"},
		{"postgres://db:1/x?user=me&password=p@ss:pw", "postgres://db:1/x?user=me&password=***"},
		{"postgres://[::1]:1/x?user=me@corp&password=pw", "postgres://[::1]:1/x?user=me@corp&password=***"},
		{"postgres://a:1,b:2/x?user=me@corp&password=pw", "postgres://a:1,b:2/x?user=me@corp&password=***"},
		{"postgres://a:${P}/x?user=me@corp&password=pw", "postgres://a:${P}/x?user=me@corp&password=***"},
		{"postgres://me:p?w@db/x", "postgres://me:***@db/x"},
		{"postgres://me:1?w@db/x", "postgres://me:***"}, /* a port, or a password? */
		{"postgres://db:1/x?user=u&password=a&b@pw", "postgres://db:***"},
		{"postgres://me:pw@pw?x=1@db/x", "postgres://me:***@db/x"},
		{"${URL:=pw}", "${URL...}"},
		{"host=a://x?user=me password=pw", "host=a://x?user=me***"},
		{"host=a://x?user=me password=p&pw=w", "host=a://x?user=me***&***"},
		{"postgres://me@${HOST:?pw}/x", "postgres://me@${HOST...}/x"},
		{"smtp://${3:31/x?}pw@db", "smtp://${3:***@db"},
		{"smtp://:$${pw/x@y?}", "smtp://:***@...}"},
		{"smtp://${a@b:pw?}pw@db", "smtp://${:***@db"},
		{"postgres://me:p?w=1@db/x", "postgres://me:***@db/x"},
		{"postgres://db/x?password=a&pw", "postgres://db/x?password=***&***"},
		{"postgres://db/x?password=a&pw&sslmode=y", "postgres://db/x?password=***&***&sslmode=y"},
		{"postgres://db/x?password=a&pw=w&keepalives=pw", "postgres://db/x?password=***&***&keepalives=***"},
		{"postgres://db/x?pw", "postgres://db/x?***"},
		{"postgres://db/x?user", "postgres://db/x?user"},
		{"postgres://db/x?user=me&&port=1", "postgres://db/x?user=me&&port=1"},
		{"postgres://me:pw", "postgres://me:***"},
		{"postgres://me:pw/app", "postgres://me:***"},
		{"postgres://me:123456/app", "postgres://me:***"}, /* no port has six digits */
		{"postgres://db:99999/app", "postgres://db:99999/app"},
		{"postgres://me:${PORT:-pw}/app", "postgres://me:***"},
		{"postgres://${HOST:-db}:${PORT:-5432}/app", "postgres://${HOST:-db}:${PORT:-5432}/app"},
		{"postgres://me:p,w:1/app", "postgres://me:***"},
		{"postgres://me@db:54x2/app", "postgres://me@db:***"},
		{"postgres://me:/pw", "postgres://me:***"},
		{"postgres://me:?pw", "postgres://me:***"},
		{"postgres://me:'/pw", "postgres://me:***"},
		{"postgres://me:", "postgres://me:***"},
		{"host=db password=@pw user=x", "host=db password=***"},
		{"password=@pw", "password=***"},
		{"tcp://db:54x2", "tcp://db:54x2"}, /* tcp:// has no place for a password */
		{"TCP://me:pw@db:1", "TCP://me:***@db:1"},
		{"db:pw", "db:pw"},
		{"d b:80", "d b:80"},
		{"me@db:5432", "***@db:5432"},
		{"service=web:80", "service=web:80"},
		{"host=db password=pw user=x", "host=db password=***"},
		{"host=db passwort=pw user=x", "host=db ***"},
		{"host = db password=pw", "***"},
		{"password='p w' host=db", "password=***"},
		{"user=\\p\\ w host=db", "user=***"},
		{"password=pw", "password=***"},
		{"postgres://db/app&password=pw", "postgres://db/app***"},
		{"postgres://db/app&password=pw?sslmode=y", "postgres://db/app***?sslmode=y"},
		{"postgres://db:5432&password=pw", "postgres://db:***"},
		{"postgres://db&password=pw/x", "postgres://db***"},
		{"postgres://db password=pw", "postgres://db***"},
		{"postgres://me;pw@db", "postgres://me***@db"},
		{"postgres://db/a@b", "postgres://db/a@b"},
		{"db:5432&password=pw", "db:5432&password=***"},
		{"db:5432?password=pw", "db:5432?password=***"},
		{"postgres://me:1?pw&user=x@db", "postgres://me:***"},
		{"postgres://me:12?host=pw@db/app", "postgres://me:***"},
		{"postgres://db?user=pw@corp", "postgres://db?***"},
		{"postgres://me@db?user=a@b", "postgres://me@db?user=a@b"},
		{"postgres://me:pw@db/x?user=a@b", "postgres://me:***@db/x?user=a@b"},
		{"${HOST:-db}:5432", "${HOST:-db}:5432"},
		/* FIELD 9: applications' dialects. */
		{"jdbc:postgresql://db/x?user=me&password=pw", "jdbc:postgresql://db/x?user=me&password=***"},
		{"jdbc:postgresql://db/x?schema=a&sslPassword=pw", "jdbc:postgresql://db/x?schema=a&sslPassword=***"},
		{"DB=jdbc:postgresql://db/x?password=pw&user=me", "DB=jdbc:postgresql://db/x?password=***&user=me"},
		{"postgresql+psycopg2://me:pw@db/x?schema=a", "postgresql+psycopg2://me:***@db/x?schema=a"},
		{"postgresql+psycopg2://me:pw@db/x?wibble=a", "postgresql+psycopg2://me:***@db/x?wibble=***"},
		{"jdbc:postgresql://db/x?trustStorePassword=pw", "jdbc:postgresql://db/x?trustStorePassword=***"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *masked = mask_target(rows[i].text, scheme_parameter);

		check_text(rows[i].text, masked, rows[i].masked);
		free(masked);
	}
}

static void check_known(const char *key)
{
	char *text = alloc_format("postgres://db/app?password=x&%s=y", key),
	     *masked = mask_target(text, scheme_parameter);

	check_has(text, masked, key);
	free(masked);
	free(text);
}

/*
 * After a password, a part that is not a known parameter counts as a piece of it. So all parameters of libpq must be
 * known.
 */
static void test_mask_knows_every_key(void **state)
{
	PQconninfoOption *options = PQconndefaults();

	(void)state;
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (option->dispchar[0] != 'D') /* 'D' marks options for debugging, which mask.c need not know */
			check_known(option->keyword);
	PQconninfoFree(options);
}

static void check_masked(const char *text)
{
	char *masked = mask_target(text, scheme_parameter);

	check_lacks(text, masked, "hunter");
	free(masked);
}

static void check_key_masked(const char *key)
{
	char *text = alloc_format("postgres://db/app?%s=hunter", key);

	check_masked(text);
	free(text);
}

/* The masked text may look odd, but it holds nothing of the password. libpq accepts all of these URIs. */
static void test_mask_hides_every_password(void **state)
{
	static const char *const rows[] = {
		"postgres://me@db/app?password=hunter@y",       "postgres://me:hunter@db/app?password=hunter@y",
		"postgres://db/app?password=x&password=hunter", "postgres://me:hunter%40x@db",
		"postgres://db:5432/app?password=hunter:x@y",   "postgres://db/app?password=hunter:x@y"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_masked(rows[i]);
}

/* Every parameter that libpq's table marks as secret, and the SCRAM keys, which are enough to log in (RFC 5802, 9). */
static void test_mask_hides_every_key(void **state)
{
	static const char *const keys[] = {"scram_client_key", "scram_server_key"};
	PQconninfoOption *options = PQconndefaults();

	(void)state;
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (strcmp(option->dispchar, "*") == 0)
			check_key_masked(option->keyword);
	for (size_t i = 0; i < COUNT(keys); i++)
		check_key_masked(keys[i]);
	PQconninfoFree(options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_hold_no_secret),     cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_hides_every_password), cmocka_unit_test(test_mask_hides_every_key),
		cmocka_unit_test(test_mask_knows_every_key),
	};

	return unit_main(tests);
}
