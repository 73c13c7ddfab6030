#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "system/expand.h"

static const char *const expand_environ[] = {
	"HOST=db",
	"EMPTY=",
	"DB_PORT=tcp://172.17.0.2:5432",
	"V6_PORT=tcp://fd00::2:6379",
	"PLAIN=5433",
	"MY_DB.V1_PORT=tcp://172.17.0.3:27017",
	"DOLLAR=${HOST}",
	"NAMED=tcp://cache:six",
	"CUT=tcp://172.17.0.2:",
	"PW=ok%41x",
	"CRLF=secret\r",
	"HARD=a/b:c@d?e#f g,h",
	"PAIR=me:p/w:x",
	"V6=fd00::2",
	NULL,
};

struct expand_row {
	const char *text, *expanded;
};

static void test_expand(void **state)
{
	static const struct expand_row rows[] = {
		{"", ""},
		{"db:5432", "db:5432"},
		{"${HOST}", "db"},
		{"a${HOST}b${HOST}c", "adbbdbc"},
		{"${EMPTY}", ""},
		/* "The default is for a variable that is unset or empty. Defaults may nest." */
		{"${MISSING:-other}", "other"},
		{"${EMPTY:-other}", "other"},
		{"${HOST:-other}", "db"},
		{"${MISSING:-}", ""},
		{"${MISSING:-${HOST}}", "db"},
		{"${MISSING:-${EMPTY:-${NONE:-deep}}}:1", "deep:1"},
		{"${MISSING:-a${HOST}b}", "adbb"},
		{"${HOST:-${NOT_LOOKED_AT}}", "db"},
		{"${MISSING:-a:-b}", "a:-b"},
		/* "Everything else is literal, also a '$' alone." */
		{"$", "$"},
		{"$HOST", "$HOST"},
		{"a$b}c", "a$b}c"},
		{"{HOST}", "{HOST}"},
		{"$$", "$$"},
		{"${HOST}}", "db}"},
		{"${DOLLAR}", "${HOST}"}, /* a value is not expanded again */
		/* After ':', the value of a Docker link gives only its port (FACTS 4). */
		{"db:${DB_PORT}", "db:5432"},
		{"${HOST}:${DB_PORT}", "db:5432"},
		{"postgres://db:${DB_PORT}/app", "postgres://db:5432/app"},
		{"postgres://db:${DB_PORT}?x=1", "postgres://db:5432?x=1"},
		{"postgres://a:${DB_PORT},b:${V6_PORT}/app", "postgres://a:5432,b:6379/app"},
		{"[fd00::2]:${V6_PORT}", "[fd00::2]:6379"},
		{"db:${PLAIN}", "db:5433"},
		{"db:${MY_DB.V1_PORT}", "db:27017"}, /* FACTS 1: dots stay */
		{"db:${MISSING:-${DB_PORT}}", "db:5432"},
		{"db:${MISSING:-tcp://10.0.0.1:80}", "db:80"},
		{"db:${MISSING:-${EMPTY:-${DB_PORT}}}/x", "db:5432/x"},
		{"${MISSING:-db:${DB_PORT}}", "db:5432"},
		/* Anywhere else the value stays unchanged. */
		{"${DB_PORT}", "tcp://172.17.0.2:5432"},
		{"x=${DB_PORT}", "x=tcp://172.17.0.2:5432"},
		{"db:${DB_PORT}0", "db:tcp://172.17.0.2:54320"},
		{"db:1${DB_PORT}", "db:1tcp://172.17.0.2:5432"},
		{"db:${NAMED}", "db:tcp://cache:six"},
		{"db:${CUT}", "db:tcp://172.17.0.2:"},
		{"db:${MISSING:-${DB_PORT}0}", "db:54320"},
		{"db:${DB_PORT}}", "db:tcp://172.17.0.2:5432}"},
		{"${MISSING:-{}:${DB_PORT}", "{:5432"},
		/* FIELD 11: in the user or password of a URL a value is literal. A default is written by the user. */
		{"postgres://me:${PW}@db/x", "postgres://me:ok%2541x@db/x"},
		{"postgres://${HARD}:${HARD}@db/x",
		 "postgres://a%2Fb%3Ac%40d%3Fe%23f%20g%2Ch:a%2Fb%3Ac%40d%3Fe%23f%20g%2Ch@db/x"},
		{"redis://:x${PW}y@db", "redis://:xok%2541xy@db"},
		{"redis://:${MISSING:-${PW}}@db", "redis://:ok%2541x@db"},
		{"redis://:${MISSING:-a%41b}@db", "redis://:a%41b@db"},
		{"${MISSING:-redis://:${PW}@${HOST}}", "redis://:ok%2541x@db"},
		{"redis://:${PW}@a,redis://:${PW}@b/${PW}", "redis://:ok%2541x@a,redis://:ok%2541x@b/ok%41x"},
		{"redis://:a@${HOST}/${PW}?x=${PW}@", "redis://:a@db/ok%41x?x=ok%41x@"},
		{"redis://:${MISSING:-@/}${PW}@db", "redis://:@/ok%2541x@db"},
		{"redis://${PAIR}@db", "redis://me:p%2Fw%3Ax@db"},
		{"redis://:${PAIR}@db", "redis://:me%3Ap%2Fw%3Ax@db"},
		{"postgres://db/x?user=${PW}&password=${HARD}",
		 "postgres://db/x?user=ok%2541x&password=a%2Fb%3Ac%40d%3Fe%23f%20g%2Ch"},
		{"${PAIR}@db", "me:p/w:x@db"},
		/* Only a URL is decoded by its reader. */
		{"host=db password=${HARD}", "host=db password=a/b:c@d?e#f g,h"},
		{"${HARD}password=${HARD}", "a/b:c@d?e#f g,hpassword=a/b:c@d?e#f g,h"},
		/* RFC 3986, 3.2.2: an IPv6 address is in brackets where a URL has its host. */
		{"tcp://${V6}:80", "tcp://[fd00::2]:80"},
		{"tcp://${V6}", "tcp://[fd00::2]"},
		{"tcp://${NONE:-${V6}}/x", "tcp://[fd00::2]/x"},
		{"redis://:${PW}@${V6}:1", "redis://:ok%2541x@[fd00::2]:1"},
		{"tcp://[${V6}]:80", "tcp://[fd00::2]:80"},
		{"tcp://${V6}x", "tcp://fd00::2x"},
		{"tcp://a/${V6}/x@${V6}", "tcp://a/fd00::2/x@fd00::2"},
		{"${V6}:80", "fd00::2:80"},
		{"me@${V6}", "me@fd00::2"},
		{"${PW}://db", "ok%41x://db"},
	};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)expand_environ);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		char *expanded = NULL;

		check_int(rows[i].text, expand_variables(&env, rows[i].text, &expanded, &err), 0);
		check_text(rows[i].text, expanded, rows[i].expanded);
		check(rows[i].text, !err.set);
		free(expanded);
	}
	env_release(&env);
}

struct refuse_row {
	const char *text, *message;
};

/* "Fails if a variable is unset and has no default, and on any other form of ${...}". The error says the fix. */
static void test_refuse(void **state)
{
	static const struct refuse_row rows[] = {
		{"${MISSING}", "MISSING is not set"},
		{"redis://:${CRLF}@db", "the variable CRLF holds a carriage return"},
		{"${MISSING:-${CRLF}}", "the variable CRLF holds a carriage return"},
		{"db:${MISSING}", "${MISSING:-default}"},
		{"${EMPTY:-${MISSING}}", "MISSING is not set"},
		{"${host}", "host is not set"},
		{"${}", ":-default}"},
		{"${:-x}", ":-default}"},
		{"${1A}", "\"${1A}\" is not supported"},
		{"${HOST-secret}", "\"${HOST...}\""}, /* a default may be a password */
		{"${HOST:=secret}", "\"${HOST...}\""},
		{"${HOST secret}", "\"${HOST...}\""}, /* nor is what follows a name part of it */
		{"${HOST\nsecret}", "\"${HOST...}\""},
		{"${HOST:?x}", ":-default}"},
		{"${HOST:}", ":-default}"},
		{"${HOST#x}", ":-default}"},
		{"${#HOST}", ":-default}"},
		{"${ HOST}", ":-default}"},
		{"${HOST", "has no closing '}'"},
		{"db:${MISSING:-${HOST}", "has no closing '}'"},
		{"ok ${HOST} ${", "has no closing '}'"},
		{"${HOST${secret}}", "\"${HOST...}\""},
	};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)expand_environ);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		char *expanded = NULL;

		check_int(rows[i].text, expand_variables(&env, rows[i].text, &expanded, &err), -1);
		check(rows[i].text, err.set);
		check_has(rows[i].text, err.text, rows[i].message);
	}
	env_release(&env);
}

/* Returns "${A:-${A:-...x...}}" with that many levels. The caller's. */
static char *nested(size_t depth)
{
	struct buf text = {0};

	for (size_t i = 0; i < depth; i++)
		buf_add_text(&text, "${MISSING:-");
	buf_add_text(&text, "x");
	for (size_t i = 0; i < depth; i++)
		buf_add_text(&text, "}");
	return buf_detach(&text);
}

/* 20,000 levels (120 kB) once took 1.26 GB and 1.4 s, because each level copied the rest of the text (HOSTILE D17). */
static void test_nesting_has_a_limit(void **state)
{
	static const size_t depths[] = {1, 32, 33, 20000};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)expand_environ);
	for (size_t i = 0; i < COUNT(depths); i++) {
		char *text = nested(depths[i]), *expanded = NULL;
		struct error err = {0};
		bool fits = depths[i] <= 32;

		check_int("expand", expand_variables(&env, text, &expanded, &err), fits ? 0 : -1);
		check_text("expanded", expanded, fits ? "x" : NULL);
		check_text("error", err.text,
			   fits ? "" : "${VAR:-default} is nested more than 32 levels deep; write fewer levels");
		free(expanded);
		free(text);
	}
	env_release(&env);
}

/* The number of expressions side by side has no limit. */
static void test_many_beside_one_another(void **state)
{
	enum { MANY = 50000 };
	char *one = nested(3), *expanded = NULL;
	struct error err = {0};
	struct buf text = {0};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)expand_environ);
	for (int i = 0; i < MANY; i++)
		buf_add_text(&text, one);
	check_int("expand", expand_variables(&env, text.data, &expanded, &err), 0);
	check_int("all of them", (long long)strspn(expanded, "x"), MANY);
	free(expanded);
	free(one);
	buf_release(&text);
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_nesting_has_a_limit),
		cmocka_unit_test(test_many_beside_one_another),
	};

	return unit_main(tests);
}
