/* PostgreSQL URIs, parsed by libpq itself. */
#ifndef PROBE_POSTGRES_PGURI_H
#define PROBE_POSTGRES_PGURI_H

#include "base/errors.h"
#include "base/mask.h"
#include "target/target.h"

enum { PGURI_PORT = 5432 };

/*
 * Replaces the endpoints of target by those in target->url, which may be in the dialect of an application
 * (pgdialect.h). libpq accepts hosts, addresses and ports in the parameters, too, and as lists. If the URI names no
 * host, the endpoints stay as they are. waitfor's own parameters fill target->params (pgparams.h). Every other one is
 * passed, decoded, to on_parameter; its strings are valid only during the call. Sets *ignored to the names of the
 * parameters that libpq does not have, as "schema, pool", or ""; the caller frees it. Returns -1 with err if the URI is
 * wrong or has service=, which would hide where to connect; *ignored is NULL then. err contains no secret.
 */
int pguri_take(struct target *target, void (*on_parameter)(void *arg, const char *key, const char *value), void *arg,
	       char **ignored, struct error *err);

/* Is the parameter key, len bytes long, libpq's, waitfor's or an application's, and may its value be shown? */
enum mask_parameter pguri_parameter(const char *key, size_t len);

#endif
