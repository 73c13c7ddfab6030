/*
 * A generic engine for settings: one table row each, walked for defaults, configuration file, environment, command line
 * and --help. Precedence is the order of the passes.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "system/env.h"
#include "system/log.h"

enum options_type {
	OPTIONS_FLAG,     /* an int field: row.value when on, 0 when off, 2 and up for the words in row.choices */
	OPTIONS_WORD,     /* an int field: which of row.choices, from row.value on */
	OPTIONS_COUNT,    /* an int field: a whole number from row.value on */
	OPTIONS_DURATION, /* an int64_t field, microseconds */
	OPTIONS_TEXT,     /* a const char * field, which points into argv, env or file */
	OPTIONS_LIST,     /* a struct options_list field, of such pointers */
	OPTIONS_NO_FIELD  /* no field: the caller reads it; the row is there for help and hints */
};

/* What a flag stores for the first of its choices. */
enum { OPTIONS_FIRST_CHOICE = 2 };

/* Where a value comes from, in the order of precedence. */
enum options_source { OPTIONS_DEFAULT, OPTIONS_FILE, OPTIONS_ENV, OPTIONS_ARGV };

struct options_row {
	const char *key; /* "max-interval": --max-interval, WAITFOR_MAX_INTERVAL, "max-interval": */
	char letter;     /* 0: none */
	enum options_type type;
	size_t offset; /* of the field in the caller's struct */
	/* OPTIONS_FLAG: what "on" stores; OPTIONS_WORD: what the first does; OPTIONS_COUNT, OPTIONS_DURATION: the least */
	int value;
	const char *choices; /* words, with '|' between them; NULL where none is taken */
	const char *initial; /* default, as a user would write it; NULL for off */
	const char *arg;     /* the argument's name in --help, or NULL */
	const char *help;    /* one line */
	const char *more;    /* what the manual adds, in sentences, or NULL */
	bool brief;          /* stands in the short --help */
	bool secret;         /* its value is never shown: for parameters (params.h) */
	bool per_target;     /* may stand on one target of the configuration file too */
	bool names_file;     /* of a text or list: a URL there is a target whose option lacks its argument */
	enum { OPTIONS_EVERYWHERE, OPTIONS_ARGV_ONLY, OPTIONS_ENV_ONLY, OPTIONS_NOT_IN_FILE } where;
};

struct options_table {
	const struct options_row *rows;
	size_t count;
};

/* What a source of more rank gives replaces the list, what the same source gives again is appended. */
struct options_list {
	const char **items; /* owned by the struct the fields are in; the texts are not */
	size_t count;
};

/* What the passes fill: the struct that the rows' offsets point into, and for each row who had the last word. */
struct options_values {
	void *fields;
	enum options_source *sources;
};

/* "max-interval" as "WAITFOR_MAX_INTERVAL". The caller's. */
char *options_env_name(const struct options_row *row);

/* May the row be said by that source? */
bool options_takes(const struct options_row *row, enum options_source source);

/* The index-th of the row's choices and its length; NULL past the end. Not NUL-terminated. */
const char *options_choice(const struct options_row *row, int index, size_t *len);

/* The row whose key is nearest to a word that is none, or NULL when none is near enough to be meant. */
const struct options_row *options_nearest(const struct options_table *table, const char *key);

/* Stores one value, as a user would write it. The error says what would be right, and not whose value it is. */
int options_store(const struct options_table *table, size_t index, const struct options_values *values,
		  enum options_source source, const char *text, struct error *err);

/* Gives one row's value and source from one struct to another of the same kind. Not for lists. */
void options_copy(const struct options_table *table, size_t index, const struct options_values *from,
		  const struct options_values *to);

/* Two of the passes; options/json.h has that of a file, options/argv.h that of the command line. */
int options_load_defaults(const struct options_table *table, const struct options_values *values, struct error *err);
int options_load_env(const struct options_table *table, const struct env *env, const struct options_values *values,
		     struct error *err);

/* Warns of variables that look like a misspelt WAITFOR_ setting: silently ignored, they cost somebody a day. */
void options_warn_misspelt(const struct options_table *table, const struct env *env, struct log *log);

#endif
