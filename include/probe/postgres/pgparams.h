/* The parameters of postgres:// that are waitfor's own. libpq never sees them. */
#ifndef PROBE_POSTGRES_PGPARAMS_H
#define PROBE_POSTGRES_PGPARAMS_H

#include "options/options.h"

struct pgparams {
	enum { PGPARAMS_NOT_MISSING, PGPARAMS_MAY_BE_MISSING } database; /* may the database be missing? */
	const char *table;                                               /* that must exist; NULL: none */
	const char *query; /* whose first column of the first row must be true; NULL: none */
	const char *once;  /* the version of a command that runs under a lock, and only once; NULL: none */
};

/* The rows of struct pgparams, for params_load. */
extern const struct options_table pgparams_table;

#endif
