#include "probe/postgres/pgenviron.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/*
 * What libpq may read when it begins to connect. It knows others, which would redirect or break the probe (FACTS 29):
 * PGHOST, PGSERVICE, PGOPTIONS and the like. test_pgenviron knows them, and fails if a new libpq has one more.
 */
/* clang-format off */
static const char *const pgenviron_passed[] = {
	"HOME",                    "PGPASSFILE",      "PGREQUIREAUTH",   "PGCHANNELBINDING", "PGREQUIREPEER",
	"PGREQUIRESSL",            "PGSSLMODE",       "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT",
	"PGSSLKEY",                "PGSSLCERTMODE",   "PGSSLROOTCERT",   "PGSSLCRL",         "PGSSLCRLDIR",
	"PGSSLSNI",                "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION",
	"PGKRBSRVNAME",            "PGGSSLIB",        "PGGSSDELEGATION",
};
/* clang-format on */

enum { PGENVIRON_PASSED = sizeof(pgenviron_passed) / sizeof(pgenviron_passed[0]) };

/* libpq reads these when it writes the startup packet, after PQconnectStartParams. */
static const char *const pgenviron_late[] = {"PGTZ", "PGDATESTYLE", "PGGEQO"};

char **pgenviron_new(const struct env *env)
{
	char **list = alloc_zero(PGENVIRON_PASSED + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < PGENVIRON_PASSED; i++) {
		const char *value = env_get(env, pgenviron_passed[i]);

		if (value)
			list[count++] = (char *)(value - strlen(pgenviron_passed[i]) - 1);
	}
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
