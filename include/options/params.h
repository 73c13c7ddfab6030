/* Parameters of a target's URL: typed rows for each scheme, over the same engine as the options. */
#ifndef OPTIONS_PARAMS_H
#define OPTIONS_PARAMS_H

#include <stddef.h>

#include "base/errors.h"
#include "options/options.h"

/* What was read: the fields that the rows' offsets point into, and the texts that they hold. Zeroed: nothing. */
struct params {
	void *fields;
	char **texts;
	size_t text_count;
};

/*
 * Fills fields of that size, zeroed, with the rows' defaults and then with query, which is "key=value&key=value" as it
 * stands behind the '?' of a URL, percent-encoded; NULL or "" for none. Errors name the parameter and what would be
 * right, with the nearest name for one that is not known; they quote the value only where the row may be shown. To be
 * released on failure too.
 */
int params_load(struct params *params, const struct options_table *table, size_t size, const char *query,
		struct error *err);
void params_release(struct params *params);

#endif
