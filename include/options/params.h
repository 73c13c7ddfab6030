/* The parameters of a target's URL. Each scheme has a table of them, as for the options. */
#ifndef OPTIONS_PARAMS_H
#define OPTIONS_PARAMS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/errors.h"
#include "options/options.h"

/* The parameters that were read. Zeroed: nothing. */
struct params {
	const struct options_table *table;
	void *fields; /* the struct with the fields; the rows' offsets are from here */
	char **texts; /* the texts that fields point to */
	size_t text_count;
	struct buf others; /* "key=value&key" that are not of the table, as they were written; empty: none */
};

/*
 * Allocates params->fields with size bytes, and fills them with the rows' defaults and then with the values in query:
 * the percent-encoded text after the '?' of a URL, "key=value&key=value". query may be NULL or "". Fails on an unknown
 * parameter and on a wrong value. The error names the parameter and the fix, and does not quote the value of a secret
 * row. With keep_others, an unknown parameter is kept as it was written, and so is a known one with an escape in its name. params must be freed with params_release, also on failure.
 */
int params_load(struct params *params, const struct options_table *table, size_t size, const char *query,
		bool keep_others, struct error *err);

void params_release(struct params *params);

#endif
