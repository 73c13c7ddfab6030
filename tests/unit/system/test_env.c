#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "system/env.h"

enum { ENTRIES = 8 };

/* Compares the whole list: the order and all bytes. */
static void check_list(const char *row, const struct env *env, const char *const *expected)
{
	size_t count = 0;

	while (expected[count])
		count++;
	check_int(row, (long long)env->count, (long long)count);
	for (size_t i = 0; i <= count; i++)
		check_text(row, env->list[i], expected[i]);
}

/* "Copies every entry, also unusual ones (without '=', with dots in the name, duplicates)." */
static void test_copy(void **state)
{
	static const char *const found[] = {"A=1", "odd", "MY_DB.V1_PORT=2", "A=3", "=x", "", "B=a=b\nc", "E=", NULL};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)found);
	check_list("copy", &env, found);
	check("is a copy", env.list[0] != found[0]);
	env_release(&env);
	check("released", !env.list && !env.count);
}

static void test_copy_of_nothing(void **state)
{
	static const char *const none[] = {NULL}, *const one[] = {"A=1", NULL};
	struct env env;

	(void)state;
	env_copy(&env, NULL);
	check_list("no environment", &env, none);
	env_set_all(&env, &(struct env_variable){(char *)"A", (char *)"1"}, 1);
	check_list("and one set", &env, one);
	env_release(&env);
}

struct get_row {
	const char *name, *value;
};

static void test_get(void **state)
{
	static const char *const found[] = {"AB=ab", "odd", "A=1", "A=2", "EMPTY=", "MY_DB.V1_PORT=x", "EQ=a=b", NULL};
	static const struct get_row rows[] = {{"A", "1"},    {"AB", "ab"},      {"EMPTY", ""}, {"MY_DB.V1_PORT", "x"},
					      {"EQ", "a=b"}, {"MISSING", NULL}, {"odd", NULL}, {"a", NULL},
					      {"EMPT", NULL}};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)found);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_text(rows[i].name, env_get(&env, rows[i].name), rows[i].value);
	env_release(&env);
}

struct set_row {
	const char *row, *name, *value;
	const char *before[ENTRIES], *after[ENTRIES];
};

/* "Replaces the first entry of that name in place, or appends an entry if there is none. Removes later entries." */
static void test_set(void **state)
{
	static const struct set_row rows[] = {
		{"append", "C", "3", {"A=1", "B=2"}, {"A=1", "B=2", "C=3"}},
		{"append to nothing", "C", "3", {NULL}, {"C=3"}},
		{"replace in place", "B", "new", {"A=1", "B=2", "C=3"}, {"A=1", "B=new", "C=3"}},
		{"replace the last", "B", "", {"A=1", "B=2"}, {"A=1", "B="}},
		{"drop a later one", "B", "x", {"B=1", "A=1", "B=2"}, {"B=x", "A=1"}},
		{"drop two in a row", "B", "x", {"A=1", "B=1", "B=2", "B=3", "C=1"}, {"A=1", "B=x", "C=1"}},
		{"a prefix is another name", "B", "x", {"BB=1", "B_=2", "odd"}, {"BB=1", "B_=2", "odd", "B=x"}},
		{"an entry without '='", "odd", "x", {"odd", "A=1"}, {"odd", "A=1", "odd=x"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct env env;

		env_copy(&env, (char *const *)rows[i].before);
		env_set_all(&env, &(struct env_variable){(char *)rows[i].name, (char *)rows[i].value}, 1);
		check_list(rows[i].row, &env, rows[i].after);
		check_text(rows[i].row, env_get(&env, rows[i].name), rows[i].value);
		env_release(&env);
	}
}

/* Several at once: each keeps its place, new ones follow in their order, and later entries of all of them go. */
static void test_set_all(void **state)
{
	static const char *const found[] = {"A=1", "odd", "B=2", "A=3", "AA=4", "B=5", "C=6", NULL};
	static const char *const expected[] = {"A=a", "odd", "B=b", "AA=4", "C=6", "Z=z", "D=", NULL};
	static const struct env_variable set[] = {{(char *)"Z", (char *)"z"},
						  {(char *)"B", (char *)"b"},
						  {(char *)"D", (char *)""},
						  {(char *)"A", (char *)"a"}};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)found);
	env_set_all(&env, set, COUNT(set));
	check_list("set", &env, expected);
	check_text("D", env_get(&env, "D"), "");
	check_text("AA", env_get(&env, "AA"), "4");
	env_set_all(&env, NULL, 0);
	check_list("none more", &env, expected);
	env_release(&env);
}

/* The entries of a prefix, by their names, and those with equal names as they stand in the list. */
static void test_next(void **state)
{
	static const char *const found[] = {"DB_PORT=2", "odd", "DB_B=1", "DB=0", "DB_PORT=1", "DBX=3", "DB_", NULL};
	static const char *const expected[] = {"DB_B=1", "DB_PORT=2", "DB_PORT=1", NULL};
	static const char *const none[] = {"E", "DB_PORTS", "A", "DB_C", "odd"};
	struct env env, empty;
	size_t walk = 0;

	(void)state;
	env_copy(&env, (char *const *)found);
	for (size_t i = 0; i < COUNT(expected); i++)
		check_text("DB_", env_next(&env, "DB_", &walk), expected[i]);
	for (size_t i = 0; i < COUNT(none); i++)
		check_text(none[i], env_next(&env, none[i], &(size_t){0}), NULL);
	env_copy(&empty, NULL);
	check_text("empty", env_next(&empty, "", &(size_t){0}), NULL);
	env_release(&empty);
	env_release(&env);
}

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
		{"${PW}://db", "ok%41x://db"},
	};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)expand_environ);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		char *expanded = NULL;

		check_int(rows[i].text, env_expand(&env, rows[i].text, &expanded, &err), 0);
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

		check_int(rows[i].text, env_expand(&env, rows[i].text, &expanded, &err), -1);
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

		check_int("expand", env_expand(&env, text, &expanded, &err), fits ? 0 : -1);
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
	check_int("expand", env_expand(&env, text.data, &expanded, &err), 0);
	check_int("all of them", (long long)strspn(expanded, "x"), MANY);
	free(expanded);
	free(one);
	buf_release(&text);
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_copy_of_nothing),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_all),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_nesting_has_a_limit),
		cmocka_unit_test(test_many_beside_one_another),
	};

	return unit_main(tests);
}
