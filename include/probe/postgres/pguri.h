/* PostgreSQL URIs, parsed by libpq itself. */
#ifndef PROBE_POSTGRES_PGURI_H
#define PROBE_POSTGRES_PGURI_H

#include "base/errors.h"
#include "base/mask.h"
#include "target/target.h"

enum { PGURI_PORT = 5432 };

/*
 * Replaces the endpoints of target by those in target->url. libpq accepts hosts, addresses and ports in the parameters,
 * too, and as lists. If the URI names no host, the endpoints stay as they are. Every other parameter is passed,
 * decoded, to on_parameter; its strings are valid only during the call. Returns -1 with err if the URI is wrong or has
 * service=, which would hide where to connect. err contains no secret.
 */
int pguri_take(struct target *target, void (*on_parameter)(void *arg, const char *key, const char *value), void *arg,
	       struct error *err);

/* Is the parameter key, len bytes long, in libpq's table, and may its value be shown? */
enum mask_parameter pguri_parameter(const char *key, size_t len);

#endif
