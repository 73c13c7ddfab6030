#include "probe/postgres/pgkeys.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void pgkeys_set(struct pgkeys *all, const char *key, const char *value)
{
	char *copy = alloc_text(value); /* value may be the one that is freed here */

	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->keys[i], key) == 0) {
			free(all->values[i]);
			all->values[i] = copy;
			return;
		}
	all->keys = alloc_resize(all->keys, all->count + 2, sizeof(*all->keys));
	all->values = alloc_resize(all->values, all->count + 2, sizeof(*all->values));
	all->keys[all->count] = alloc_text(key);
	all->values[all->count++] = copy;
	all->keys[all->count] = all->values[all->count] = NULL;
}

const char *pgkeys_get(const struct pgkeys *all, const char *key)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->keys[i], key) == 0)
			return *all->values[i] ? all->values[i] : NULL;
	return NULL;
}

void pgkeys_default(struct pgkeys *all, const char *key, const char *value)
{
	if (value && *value && !pgkeys_get(all, key))
		pgkeys_set(all, key, value);
}

void pgkeys_release(struct pgkeys *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->keys[i]);
		free(all->values[i]);
	}
	free(all->keys);
	free(all->values);
	*all = (struct pgkeys){0};
}
