/* A PostgreSQL target as config and probe_bind make it, and what libpq is told of it. */
#ifndef BOUND_H
#define BOUND_H

#include "probe/postgres/conninfo.h"
#include "unit.h"

struct bound {
	struct target target;
	struct env env;
	struct unit_log log;
	struct error err;
	struct conninfo *info; /* NULL: refused, with err */
};

/* found becomes the process's own environment too: libpq reads password files and PGSSLMODE from there. */
void bound_open(struct bound *bound, const char *text, const char *const *found);
void bound_close(struct bound *bound);

/* What libpq makes of it, for the first endpoint, at a loopback address. The caller's. */
PGconn *bound_connect(const struct bound *bound);

#endif
