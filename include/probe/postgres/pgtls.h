/* Whether the connection uses TLS, by sslmode and PGSSLMODE. Values that are not used are not judged. */
#ifndef PROBE_POSTGRES_PGTLS_H
#define PROBE_POSTGRES_PGTLS_H

#include <stdbool.h>

#include "base/errors.h"
#include "probe/postgres/pgkeys.h"
#include "system/env.h"
#include "target/target.h"

/*
 * Completes the TLS parameters in all. Sets *in_clear if libpq does not ask for TLS first. "no-verify", which is node-pg's word, becomes "require".
 * If TLS is certainly not used (sslmode=disable, all hosts are Unix sockets, or this flavour has no TLS), the PGSSL*
 * variables have no effect. Returns -1 with err if TLS is needed and this flavour has none; err names the variable if
 * one asked for it.
 */
int pgtls_complete(struct pgkeys *all, const struct target *target, const struct env *env, bool *in_clear,
		   struct error *err);

/* In the flavour without TLS: does a server that says this ask for TLS? Only for a hint, because it is the text. */
bool pgtls_is_missed(const char *words);

/* Returns the values that libpq accepts for sslmode, sslnegotiation or sslcertmode in this flavour; NULL for others. */
const char *pgtls_takes(const char *key);

#endif
