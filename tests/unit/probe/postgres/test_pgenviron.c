#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/alloc.h"
#include "probe/postgres/pgenviron.h"

/* FACTS 29: what would redirect the probe, break it, or change what it asks. */
static const char *const kept_away[] = {
	"PGHOST",
	"PGHOSTADDR",
	"PGPORT",
	"PGDATABASE",
	"PGUSER",
	"PGPASSWORD",
	"PGSERVICE",
	"PGTARGETSESSIONATTRS",
	"PGOPTIONS",
	"PGLOADBALANCEHOSTS",
	"PGCONNECT_TIMEOUT",
	"PGGSSENCMODE",
	"PGCLIENTENCODING",
	"PGAPPNAME",
	"PGMINPROTOCOLVERSION",
	"PGMAXPROTOCOLVERSION",
};

static bool is_kept_away(const char *name)
{
	for (size_t i = 0; i < COUNT(kept_away); i++)
		if (strcmp(kept_away[i], name) == 0)
			return true;
	return false;
}

static bool is_seen(const char *name)
{
	char *entry = alloc_format("%s=x", name), *found[] = {entry, NULL}, **list;
	struct env env;
	bool seen;

	env_copy(&env, found);
	list = pgenviron_new(&env);
	seen = list[0] && strcmp(list[0], entry) == 0 && !list[1];
	check(name, seen || !list[0]);
	free(list);
	env_release(&env);
	free(entry);
	return seen;
}

/* Each variable of this libpq is one that it may see, or one that it may not. */
static void test_each_variable_of_libpq(void **state)
{
	PQconninfoOption *options = PQconninfoParse("", NULL);

	(void)state;
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (option->envvar)
			check_int(option->envvar, is_seen(option->envvar), !is_kept_away(option->envvar));
	PQconninfoFree(options);
	check("HOME", is_seen("HOME"));
	check("PGREQUIRESSL", is_seen("PGREQUIRESSL"));
	check("PGSERVICEFILE", !is_seen("PGSERVICEFILE"));
	check("PGSYSCONFDIR", !is_seen("PGSYSCONFDIR"));
	check("PATH", !is_seen("PATH"));
	check("PGSSLMODES", !is_seen("PGSSLMODES"));
}

/* The first of two entries counts, as in getenv. */
static void test_the_first_counts(void **state)
{
	static const char *const found[] = {"PGSSLMODE=disable", "A=1", "PGSSLMODE=require", NULL};
	struct env env;
	char **list;

	(void)state;
	env_copy(&env, (char *const *)found);
	list = pgenviron_new(&env);
	check_text("PGSSLMODE", list[0], "PGSSLMODE=disable");
	check_text("no other", list[1], NULL);
	free(list);
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_variable_of_libpq),
		cmocka_unit_test(test_the_first_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
