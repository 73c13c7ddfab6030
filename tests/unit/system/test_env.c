#include "unit.h"

#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy), cmocka_unit_test(test_copy_of_nothing), cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),  cmocka_unit_test(test_set_all),         cmocka_unit_test(test_next),
	};

	return unit_main(tests);
}
