/* The parameters of a target's URL. Each scheme has a table of them, as for the options. */
#ifndef OPTIONS_PARAMS_H
#define OPTIONS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/errors.h"
#include "base/mask.h"
#include "options/options.h"

/* The rows of a scheme's own, and those it has in common with others. Of one name the own row is taken. */
enum { PARAMS_OWN, PARAMS_COMMON, PARAMS_PARTS };

/* Which parameters there are. */
struct params_spec {
	const struct options_table *tables[PARAMS_PARTS]; /* NULL: none */
	size_t size;         /* of the struct that the offsets of the own rows point into */
	const char *ignored; /* names that are skipped (params_ignored); NULL: none */
	/* Those of no row are kept as they were written, and so are known ones with an escape in the name, or in another case. */
	bool keeps_others;
};

/* The parameters that were read. Zeroed: nothing. */
struct params {
	const struct options_table *table; /* the own one */
	void *fields;                      /* the struct with the fields of the own rows */
	char **texts;                      /* the texts that fields point to */
	size_t text_count;
	struct buf others; /* "key=value&key" that are not of the table, as they were written; empty: none */
};

/*
 * Allocates params->fields, and fills them with the rows' defaults and then with the values in query: the percent-encoded text
 * after the '?' of a URL, "key=value&key=value". A key may be written in any case of its letters, and a flag needs no value.
 * query may be NULL or "". common is the zeroed struct of the common rows, which have no list; NULL if spec has none. Fails on
 * an unknown parameter, unless spec ignores or keeps it, and on a wrong value. The error names the parameter and the fix, and
 * does not quote the value of a secret row. params must be freed with params_release, also on failure.
 */
int params_load(struct params *params, const struct params_spec *spec, void *common, const char *query,
		struct error *err);

/*
 * Is the parameter key, len bytes long, in this list of names with blanks between them, in any case of its letters? A name
 * with a '*' before it is MASK_SECRET there, another one MASK_SHOWN; MASK_UNKNOWN: it is not in the list. names may be NULL.
 */
enum mask_parameter params_ignored(const char *names, const char *key, size_t len);

void params_release(struct params *params);

#endif
