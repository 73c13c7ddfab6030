/*
 * A table of settings, with one row for each. Each source of values is one pass over the table: defaults, configuration
 * file, environment, command line. A later pass overrules an earlier one. --help prints the same table.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "system/env.h"
#include "system/log.h"

enum options_type {
	OPTIONS_FLAG,     /* an int field: row.value if on, 0 if off, else see OPTIONS_FIRST_CHOICE */
	OPTIONS_WORD,     /* an int field: row.value + i for row.choices' word i */
	OPTIONS_COUNT,    /* an int field: a whole number, row.value or more */
	OPTIONS_DURATION, /* an int64_t field: microseconds, row.value or more */
	OPTIONS_TEXT,     /* a const char * field, which points into argv, the environment or the file */
	OPTIONS_LIST,     /* a struct options_list field of such pointers */
	OPTIONS_NO_FIELD  /* no field: the caller reads the value; the row is only for help and hints */
};

/* The value that a flag stores for its first choice. The next choice is stored as the next number. */
enum { OPTIONS_FIRST_CHOICE = 2 };

/* Where a value comes from. A later one overrules an earlier one. */
enum options_source { OPTIONS_DEFAULT, OPTIONS_FILE, OPTIONS_ENV, OPTIONS_ARGV };

struct options_row {
	const char *key; /* "max-interval": --max-interval, WAITFOR_MAX_INTERVAL, "max-interval": */
	char letter;     /* of the short option; 0: none */
	enum options_type type;
	size_t offset; /* of the field in the caller's struct */
	/* OPTIONS_FLAG: stored for "on"; OPTIONS_WORD: stored for the first choice; COUNT, DURATION: the minimum */
	int value;
	size_t names_offset; /* of a flag: offset of a const char * field for "-NAME,NAME", which turns it on; 0: none */
	size_t text_offset; /* of a flag: offset of a const char * field for any other text, which turns it on; 0: none */
	const char *choices; /* the words that are accepted, separated by '|'; NULL: none */
	const char *initial; /* the default, as a user would write it; NULL: off or unset */
	const char *arg;     /* the argument's name in --help, or NULL */
	const char *help;    /* one line */
	const char *more;    /* more sentences for the manual, or NULL */
	bool brief;          /* listed in the short --help */
	bool secret;         /* its value is never shown */
	bool hides_text;     /* of a list of NAME=TEXT: only the names are shown */
	bool takes_lines;    /* its value may hold a carriage return (parameters only) */
	bool per_target;     /* may also be set for one target in the configuration file */
	bool may_be_empty;   /* of a list: "" is an item */
	bool names_file;     /* of a text or list: a URL is refused, because it is a target by mistake */
	enum { OPTIONS_EVERYWHERE, OPTIONS_ARGV_ONLY, OPTIONS_ENV_ONLY, OPTIONS_NOT_IN_FILE } where;
};

struct options_table {
	const struct options_row *rows;
	size_t count;
};

/* A value from a later source replaces the list; another value from the same source is appended. */
struct options_list {
	const char **items; /* to be freed by the owner of the fields; the texts are not */
	size_t count;
};

/* What the passes fill. */
struct options_values {
	void *fields;                 /* the struct with the fields; the rows' offsets are from here */
	enum options_source *sources; /* one for each row: where its value comes from */
};

/* Returns the name of the row's variable, such as "WAITFOR_MAX_INTERVAL". The caller's. */
char *options_env_name(const struct options_row *row);

/* Returns whether that source may set the row. */
bool options_takes(const struct options_row *row, enum options_source source);

/* Returns the row's choice number index, from 0, and sets *len; NULL if there is none. It is not NUL-terminated. */
const char *options_choice(const struct options_row *row, int index, size_t *len);

/* Returns the row whose key is most similar to the misspelt `key`; NULL if none is similar enough. */
const struct options_row *options_nearest(const struct options_table *table, const char *key);

/*
 * Parses text, written as a user would write it, and stores it in the field of row number index. Fails on a wrong
 * value; the error says what is accepted, and the caller adds the name of the setting. The text of OPTIONS_TEXT and
 * OPTIONS_LIST is not copied.
 */
int options_store(const struct options_table *table, size_t index, const struct options_values *values,
		  enum options_source source, const char *text, struct error *err);

/* Copies the value and the source of one row to another struct of the same type. Not for OPTIONS_LIST. */
void options_copy(const struct options_table *table, size_t index, const struct options_values *from,
		  const struct options_values *to);

/*
 * The passes for defaults and environment. options/json.h has that for a file, options/argv.h that for the command
 * line. The error names the setting. env must outlive the values.
 */
int options_load_defaults(const struct options_table *table, const struct options_values *values, struct error *err);
int options_load_env(const struct options_table *table, const struct env *env, const struct options_values *values,
		     struct error *err);

/* Warns about variables that look like a misspelt WAITFOR_ setting, because a silently ignored one is hard to find. */
void options_warn_misspelt(const struct options_table *table, const struct env *env, struct log *log);

#endif
