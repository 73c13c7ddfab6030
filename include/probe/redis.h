/* How a Redis server is asked, for the schemes that find one. */
#ifndef PROBE_REDIS_H
#define PROBE_REDIS_H

#include "attempt/probe.h"
#include "base/buf.h"
#include "base/errors.h"
#include "options/options.h"
#include "target/target.h"

/* target->params.fields of such a scheme. */
struct redis_params {
	enum { REDIS_ANY_ROLE, REDIS_MASTER, REDIS_REPLICA } role;
	int cluster;
	const char *key; /* "NAME" or "NAME=REGEX"; NULL: none is asked for */
	/* Not of parameters: */
	int database;
};

/* The rows of the parameters, which may be taken one by one. */
enum { REDIS_ROW_ROLE, REDIS_ROW_KEY, REDIS_ROW_CLUSTER };
extern const struct options_row redis_rows[];

/*
 * Reads the number of a database, which may follow '/', from path, and the parameters. Returns -1 with err; the caller calls
 * redis_unbind in any case.
 */
int redis_bind_params(struct target *target, const char *path, struct error *err);
void redis_unbind(struct target *target);

/*
 * Adds a command, as an array: the only form that proxies understand, and the only one for a password with blanks or line
 * ends in it. words ends with NULL.
 */
void redis_command(struct buf *out, const char *const *words);

extern const struct protocol redis_protocol;

#endif
