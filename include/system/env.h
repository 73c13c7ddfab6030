/*
 * A copy of the environment. The app gets it: the same bytes in the same order, except for the variables that exports
 * sets.
 */
#ifndef SYSTEM_ENV_H
#define SYSTEM_ENV_H

#include <stddef.h>

#include "base/names.h"

struct env {
	char **list;        /* "NAME=value" entries, NULL-terminated, as execve takes them */
	size_t count;       /* of entries, without the NULL */
	struct names names; /* of the entries; a number is the index in list */
};

/* A variable to set. A name has only letters, digits and '_'. A value may hold any bytes but NUL. */
struct env_variable {
	char *name, *value;
};

/*
 * Copies every entry of environ_found, also unusual ones (without '=', with dots in the name, duplicates).
 * environ_found may be NULL. The copy must be freed with env_release.
 */
void env_copy(struct env *env, char *const *environ_found);
void env_release(struct env *env);

/* Returns the value of the first entry of that name; NULL if there is none. It is valid until env_set_all. */
const char *env_get(const struct env *env, const char *name);

/*
 * Returns the next entry whose name begins with prefix, in the order of the names; those with equal names come in the
 * order of the list. NULL after the last. *walk says how far the walk is; it begins as 0.
 */
const char *env_next(const struct env *env, const char *prefix, size_t *walk);

/*
 * Sets all the variables, whose names differ. Each replaces the first entry of its name in place, or is appended if
 * there is none. Removes later entries of these names, because some programs read the last one.
 */
void env_set_all(struct env *env, const struct env_variable *set, size_t count);

/* Removes all entries of this name. */
void env_remove(struct env *env, const char *name);

#endif
