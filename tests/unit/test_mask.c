/* mask.c: what is shown of a target holds no secret; and target.c's errors. */
#include "unit.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "mask.h"
#include "target.h"

/* A piece of a secret must not show, in whatever form it is mistyped. Every secret here is made of "hunter" or "xyzzy". */
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
					   "postgres://me:hunter@xyzzy/x@db/app"};

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
		{"postgres://me:@db", "postgres://me:***@db"},
		{"postgres://:pw@db", "postgres://:***@db"},
		{"postgres://me:p@w:x@db", "postgres://me:***@db"},
		{"postgres://me:p/w?x@db", "postgres://me:***@db"},
		{"me:pw@db", "me:***@db"},
		{"postgres://db?password=pw", "postgres://db?password=***"},
		{"postgres://db?user=b&password=pw&port=5", "postgres://db?user=b&password=***&port=5"},
		{"postgres://db?password=p=w", "postgres://db?password=***"},
		{"postgres://db?sslpassword=pw&sslmode=y", "postgres://db?sslpassword=***&sslmode=y"},
		{"postgres://db?p%61ssword=pw", "postgres://db?p%61ssword=***"}, /* libpq decodes keys */
		{"postgres://db?user=me&passfile=/run/pw", "postgres://db?user=me&passfile=/run/pw"},
		{"postgres://me:pw@db?password=pw", "postgres://me:***@db?password=***"},
		{"postgres://db?password", "postgres://db?password"},
		{"postgres://db?password=&user=", "postgres://db?password=***&user="},
		{"postgres://db?pasword=pw", "postgres://db?pasword=***"}, /* misspelt: unknown is not harmless */
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
		{"postgres://me@${HOST:?pw}/x", "postgres://me@${HOST...}/x"},
		{"postgres://me:p?w=1@db/x", "postgres://me:***@db/x"},
		{"postgres://me:pw@db/x?user=a@b", "postgres://me:***@db/x?user=a@b"},
		{"${HOST:-db}:5432", "${HOST:-db}:5432"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *masked = mask_target(rows[i].text);

		check_text(rows[i].text, masked, rows[i].masked);
		free(masked);
	}
}

static void check_masked(const char *text)
{
	char *masked = mask_target(text);

	check_lacks(text, masked, "hunter");
	free(masked);
}

static void check_key_masked(const char *key)
{
	char *text = alloc_format("postgres://db/app?%s=hunter", key);

	check_masked(text);
	free(text);
}

/* Whatever the masked text looks like: nothing of the password is in it. All of these are URIs that libpq takes. */
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

/* Every parameter that libpq's own table of options marks as secret, and SCRAM's keys, with which one can log in (RFC 5802, 9). */
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
		cmocka_unit_test(test_errors_hold_no_secret),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_hides_every_password),
		cmocka_unit_test(test_mask_hides_every_key),
	};

	return unit_main(tests);
}
