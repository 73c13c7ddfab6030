#include "probe/postgres/pgenviron.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* Variables that would redirect or break the probe (FACTS 29). PGSSLMODE and the like stay: the user may set them. */
/* clang-format off */
static const char *const pgenviron_stray[] = {
	"PGHOST",     "PGHOSTADDR",           "PGPORT",             "PGDATABASE",   "PGUSER",
	"PGPASSWORD", "PGSERVICE",            "PGSERVICEFILE",      "PGSYSCONFDIR", "PGTARGETSESSIONATTRS",
	"PGOPTIONS",  "PGLOADBALANCEHOSTS",   "PGCONNECT_TIMEOUT",  "PGGSSENCMODE", "PGCLIENTENCODING",
	"PGAPPNAME",  "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
};
/* clang-format on */

/* libpq reads these when it writes the startup packet, after PQconnectStartParams. */
static const char *const pgenviron_late[] = {"PGTZ", "PGDATESTYLE", "PGGEQO"};

static bool pgenviron_is_stray(const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < sizeof(pgenviron_stray) / sizeof(pgenviron_stray[0]); i++)
		if (strncmp(entry, pgenviron_stray[i], len) == 0 && !pgenviron_stray[i][len])
			return true;
	return false;
}

char **pgenviron_new(const struct env *env)
{
	const char *entry, *home = env_get(env, "HOME");
	char **list = alloc_zero(2, sizeof(*list));
	size_t count = 0;

	for (size_t walk = 0; (entry = env_next(env, "PG", &walk));) {
		if (pgenviron_is_stray(entry))
			continue;
		list = alloc_resize(list, count + 3, sizeof(*list));
		list[count++] = (char *)entry;
	}
	if (home)
		list[count++] = (char *)(home - strlen("HOME="));
	list[count] = NULL;
	for (size_t i = 0; i < sizeof(pgenviron_late) / sizeof(pgenviron_late[0]); i++)
		if (env_get(env, pgenviron_late[i]))
			unsetenv(pgenviron_late[i]);
	return list;
}

PGconn *pgenviron_connect(char **variables, const char *const *keys, const char *const *values)
{
	char **all = environ;
	PGconn *conn;

	environ = variables;
	conn = PQconnectStartParams(keys, values, 0);
	environ = all;
	return conn;
}
