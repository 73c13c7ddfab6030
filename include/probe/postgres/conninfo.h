/* What libpq is told to connect with: a target's URI, completed from PG* variables, the password file and a link's environment. */
#ifndef PROBE_POSTGRES_CONNINFO_H
#define PROBE_POSTGRES_CONNINFO_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "base/errors.h"
#include "net/address.h"
#include "system/env.h"
#include "system/log.h"
#include "target/target.h"

enum { CONNINFO_PORT = 5432 };

struct conninfo {
	char **keys, **values; /* all but host, hostaddr and port; NULL-terminated */
	size_t count;
	bool wants_session; /* target_session_attrs: which server it is matters, not only that there is one */
};

/*
 * From a bound postgres target, whose endpoints it fills from the URI (libpq allows hosts and ports
 * among the parameters). User: URI, PGUSER, the link's POSTGRES_USER, "postgres"; database: URI, PGDATABASE, the
 * link's POSTGRES_DB; password: URI, PGPASSWORD, password file, the link's POSTGRES_PASSWORD. A link's only where
 * all hosts are its peer. Error texts hold no secret. Takes every PG* variable that would redirect the probe out of
 * this process (FACTS 29); env keeps them.
 */
struct conninfo *conninfo_new(struct target *target, const struct env *env, struct log *log, struct error *err);
void conninfo_free(struct conninfo *info); /* NULL does nothing */

/* Begins to connect, without blocking. The caller's, for PQfinish; NULL without memory. */
PGconn *conninfo_connect(const struct conninfo *info, const struct endpoint *endpoint, const struct address *address);

#endif
