#include "target/scheme.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* The only list of schemes: one row for each file in src/probe/. */
#define SCHEMES(X) X(tcp) X(postgres)

#define SCHEME_DECLARE(name) extern const struct scheme scheme_##name;
SCHEMES(SCHEME_DECLARE)

#define SCHEME_ROW(name) &scheme_##name,
static const struct scheme *const schemes[] = {SCHEMES(SCHEME_ROW)};

enum { SCHEME_COUNT = sizeof(schemes) / sizeof(schemes[0]) };

const struct scheme *scheme_at(size_t index)
{
	return index < SCHEME_COUNT ? schemes[index] : NULL;
}

const struct scheme *scheme_of_name(const char *name)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		if (strcmp(schemes[i]->name, name) == 0 || (schemes[i]->alias && strcmp(schemes[i]->alias, name) == 0))
			return schemes[i];
	return NULL;
}

const struct scheme *scheme_of_port(uint16_t port)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		if (schemes[i]->claims_port && schemes[i]->default_port == port)
			return schemes[i];
	return schemes[0];
}

int scheme_refuse(const char *name, struct error *err)
{
	struct buf known = {0};

	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		if (i)
			buf_add_text(&known, i + 1 == SCHEME_COUNT ? " and " : ", ");
		buf_add_text(&known, schemes[i]->name);
		buf_add_text(&known, "://");
	}
	errors_set(err, "unknown scheme \"%s\"; known are %s", name, known.data);
	buf_release(&known);
	return -1;
}
