/* libpq's URI, taken apart by libpq itself. */
#ifndef PROBE_POSTGRES_PGURI_H
#define PROBE_POSTGRES_PGURI_H

#include "base/errors.h"
#include "base/mask.h"
#include "target/target.h"

/*
 * Makes the target's endpoints of the hosts, addresses and ports of its URI, which libpq allows among the
 * parameters too, and as lists; tells every other parameter. Says what is wrong without showing a secret, service=
 * included, which would hide where to connect.
 */
int pguri_take(struct target *target, void (*on_parameter)(void *arg, const char *key, const char *value), void *arg,
	       struct error *err);

/* What libpq's own table says of a parameter of that name. */
enum mask_parameter pguri_parameter(const char *key, size_t len);

#endif
