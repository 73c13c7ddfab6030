#include "system/env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Notes the name of each entry. An entry without '=' has none. */
static void env_note_names(struct env *env)
{
	names_release(&env->names);
	for (size_t i = 0; i < env->count; i++) {
		const char *equals = strchr(env->list[i], '=');

		if (equals)
			names_add(&env->names, env->list[i], (size_t)(equals - env->list[i]), i);
	}
	names_sort(&env->names);
}

void env_copy(struct env *env, char *const *environ_found)
{
	size_t count = 0;

	while (environ_found && environ_found[count])
		count++;
	*env = (struct env){.list = alloc_zero(count + 1, sizeof(*env->list)), .count = count};
	for (size_t i = 0; i < count; i++)
		env->list[i] = alloc_text(environ_found[i]);
	env_note_names(env);
}

void env_release(struct env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->list[i]);
	free(env->list);
	names_release(&env->names);
	*env = (struct env){0};
}

const char *env_get(const struct env *env, const char *name)
{
	size_t len = strlen(name), at = names_find(&env->names, name, len);

	return at == NAMES_NONE ? NULL : env->list[at] + len + 1;
}

const char *env_next(const struct env *env, const char *prefix, size_t *walk)
{
	size_t len = strlen(prefix), at = *walk ? *walk : names_seek(&env->names, prefix, len);
	const struct names_entry *entry = at < env->names.count ? &env->names.list[at] : NULL;

	if (!entry || entry->len < len || memcmp(entry->text, prefix, len) != 0)
		return NULL;
	*walk = at + 1;
	return env->list[entry->number];
}

/*
 * Puts the entries of env that stay and those that are set into list, in their order. set_names are the names of set.
 * Returns how many there are.
 */
static size_t env_merge(const struct env *env, const struct env_variable *set, size_t count,
			const struct names *set_names, char **list)
{
	bool *placed = alloc_zero(count, sizeof(*placed));
	size_t kept = 0;

	for (size_t i = 0; i < env->count; i++) {
		char *entry = env->list[i], *equals = strchr(entry, '=');
		size_t at = equals ? names_find(set_names, entry, (size_t)(equals - entry)) : NAMES_NONE;

		if (at == NAMES_NONE) {
			list[kept++] = entry;
			continue;
		}
		free(entry);
		if (!placed[at])
			list[kept++] = alloc_format("%s=%s", set[at].name, set[at].value);
		placed[at] = true;
	}
	for (size_t i = 0; i < count; i++)
		if (!placed[i])
			list[kept++] = alloc_format("%s=%s", set[i].name, set[i].value);
	free(placed);
	return kept;
}

void env_set_all(struct env *env, const struct env_variable *set, size_t count)
{
	char **list = alloc_zero(env->count + count + 1, sizeof(*list));
	struct names names = {0};

	for (size_t i = 0; i < count; i++)
		names_add(&names, set[i].name, strlen(set[i].name), i);
	names_sort(&names);
	env->count = env_merge(env, set, count, &names, list);
	free(env->list);
	env->list = list;
	env_note_names(env);
	names_release(&names);
}

void env_remove(struct env *env, const char *name)
{
	size_t len = strlen(name), kept = 0;

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->list[i], name, len) == 0 && env->list[i][len] == '=')
			free(env->list[i]);
		else
			env->list[kept++] = env->list[i];
	env->list[kept] = NULL;
	env->count = kept;
	env_note_names(env);
}
