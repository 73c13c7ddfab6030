/*
 * The parameters that libpq connects with: those of the target's URI, completed from PG* variables, the password file
 * and link variables.
 */
#ifndef PROBE_POSTGRES_CONNINFO_H
#define PROBE_POSTGRES_CONNINFO_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "base/errors.h"
#include "net/address.h"
#include "probe/postgres/pgkeys.h"
#include "system/env.h"
#include "system/log.h"
#include "target/target.h"

struct pglock;

struct conninfo {
	struct pgkeys all;           /* all parameters except host, hostaddr and port */
	char **environment;          /* what libpq sees (pgenviron.h) */
	const char *user, *database; /* point into all; database may be NULL */
	const char *password_from;   /* "url", "PGPASSWORD", "file" or "link"; NULL: there is no password */
	bool user_named;             /* false: the user is the default, "postgres" */
	bool database_named;         /* false: the database has the name of the user */
	bool wants_database;         /* a login must find the database */
	bool in_clear;               /* libpq does not ask for TLS first */
	struct pglock *lock;         /* of a target with a lock; NULL: it has none */
	const char
		*session_for; /* the parameter that takes a login to be met, such as target_session_attrs; NULL: none */
};

/*
 * Returns the parameters for target, which the caller frees, and replaces the endpoints of target by those of its URI
 * (pguri_take). These are the sources, in order:
 * - user: URI, PGUSER, POSTGRES_USER of the link, "postgres"
 * - database: URI, PGDATABASE, POSTGRES_DB of the link
 * - password: URI, PGPASSWORD, password file, POSTGRES_PASSWORD of the link
 * The variables of a link are used only if all hosts of the target are the linked one. Sets target->login. Returns NULL
 * with err if a parameter is wrong; err contains no secret. log gets a line if the password file is ignored. Keep env
 * unchanged until conninfo_free: libpq sees its PG* variables, but none that would redirect the probe (pgenviron.h).
 */
struct conninfo *conninfo_new(struct target *target, const struct env *env, struct log *log, struct error *err);
void conninfo_free(struct conninfo *info); /* NULL is allowed */

/*
 * Begins to connect to address, without blocking. endpoint gives the host's name, which a certificate must match, and
 * the port. The caller calls PQfinish. Returns NULL if there is no memory.
 */
PGconn *conninfo_connect(const struct conninfo *info, const struct endpoint *endpoint, const struct address *address);

#endif
