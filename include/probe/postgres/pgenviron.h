/*
 * The environment that libpq sees. It reads about fifty variables for each connection, each with a walk through the whole
 * environment of the process, and some of them would redirect or break the probe (FACTS 29).
 */
#ifndef PROBE_POSTGRES_PGENVIRON_H
#define PROBE_POSTGRES_PGENVIRON_H

#include <libpq-fe.h>

#include "system/env.h"

/*
 * Returns the entries of env that libpq may read when it begins to connect: HOME and such PG* variables as do not
 * redirect or break the probe. The caller frees the list, which ends with a NULL, and keeps env unchanged until then: the
 * entries are env's. Libpq reads some variables later. They are removed from the environment of this process, but not
 * from env.
 */
char **pgenviron_new(const struct env *env);

/* PQconnectStartParams without expand_dbname, for a libpq that sees only these variables. */
PGconn *pgenviron_connect(char **variables, const char *const *keys, const char *const *values);

#endif
