/*
 * DATABASE_URL as the libraries of applications write it, rewritten as a URI that libpq reads. Applications know
 * parameters that libpq does not have: those of Prisma, Rails, Django, SQLAlchemy, Ecto, JDBC, Doctrine, pgx, node-pg.
 */
#ifndef PROBE_POSTGRES_PGDIALECT_H
#define PROBE_POSTGRES_PGDIALECT_H

#include "base/errors.h"
#include "base/mask.h"

/* More names of the scheme: those of dj-database-url, django-environ, Doctrine, Laravel, Phoenix, pgx, usql and psycopg. */
extern const char *const pgdialect_schemes[];

struct pgdialect {
	char *uri;     /* "postgresql://…", with libpq's parameters only */
	char *own;     /* the parameters of waitfor itself, as a query: "missing-database=ok"; "" if there are none */
	char *ignored; /* the names of the parameters that were left out: "schema, pool"; "" if there are none */
};

/*
 * Rewrites url, a text with "://". Returns -1 with err for a parameter that is a misspelt one, and for an unknown one
 * that may be the rest of a secret, after an unescaped '&'. err contains no secret. The caller calls pgdialect_release
 * in both cases; uri and own hold secrets.
 */
int pgdialect_read(struct pgdialect *dialect, const char *url, struct error *err);
void pgdialect_release(struct pgdialect *dialect);

/* Is the parameter key, len bytes long, one of an application, and may its value be shown? MASK_UNKNOWN for libpq's. */
enum mask_parameter pgdialect_parameter(const char *key, size_t len);

#endif
