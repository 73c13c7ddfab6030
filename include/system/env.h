/* An owned copy of the environment: what the app will get, byte for byte and in order, but for what exports changes. */
#ifndef SYSTEM_ENV_H
#define SYSTEM_ENV_H

#include <stddef.h>

#include "base/errors.h"

struct env {
	char **list; /* "NAME=value" entries, NULL-terminated: what execve takes */
	size_t count;
};

/* Copies every entry, odd ones (no '=', dots in the name, duplicates) included. */
void env_copy(struct env *env, char *const *environ_found);
void env_release(struct env *env);

/* The value of the first entry with that name, or NULL. Valid until that name is set. */
const char *env_get(const struct env *env, const char *name);

/*
 * Replaces the first entry of that name where it stands, and drops later ones, of which some readers
 * take the last; appends when there is none.
 */
void env_set(struct env *env, const char *name, const char *value);

/*
 * Replaces ${NAME} and ${NAME:-default} (for unset or empty, as a shell does; defaults may nest) in
 * text. Everything else, a lone '$' too, is literal. An expression in port position whose value looks
 * like a Docker link's "tcp://172.17.0.2:5432" gives the port alone (FACTS 4). Fails on an unset
 * variable without a default and on any other ${...} form. The result is the caller's.
 */
int env_expand(const struct env *env, const char *text, char **expanded, struct error *err);

#endif
