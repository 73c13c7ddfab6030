/* The parameters of a connection, as PQconnectStartParams takes them. */
#ifndef PROBE_POSTGRES_PGKEYS_H
#define PROBE_POSTGRES_PGKEYS_H

#include <stddef.h>

/* A zeroed one is empty. It owns its texts. */
struct pgkeys {
	char **keys, **values; /* NULL-terminated if count is not 0 */
	size_t count;
};

/* Sets the parameter to a copy of value. */
void pgkeys_set(struct pgkeys *all, const char *key, const char *value);

/* Returns the value, or NULL if it is not set or empty: libpq takes an empty one as not set. Valid until it is set again. */
const char *pgkeys_get(const struct pgkeys *all, const char *key);

/* If key has no value, sets it to value, unless that is NULL or empty. */
void pgkeys_default(struct pgkeys *all, const char *key, const char *value);

/* Frees everything. Empties all. */
void pgkeys_release(struct pgkeys *all);

#endif
