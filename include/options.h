/*
 * A generic engine for settings: one table row each, walked for defaults, environment, command line
 * and --help. Precedence is the order of the passes.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "env.h"
#include "errors.h"
#include "log.h"

enum options_type {
	OPTIONS_FLAG,     /* an int field: row.value when on, 0 when off, 2 for the word in row.choice */
	OPTIONS_DURATION, /* an int64_t field, microseconds */
	OPTIONS_TEXT      /* environment only: the caller reads it; the row is there for help and hints */
};

struct options_row {
	const char *key; /* "max-interval": --max-interval, WAITFOR_MAX_INTERVAL */
	char letter;     /* 0: none */
	enum options_type type;
	size_t offset;       /* of the field in the caller's struct */
	int value;           /* OPTIONS_FLAG: what "on" stores */
	const char *choice;  /* OPTIONS_FLAG: another word it takes, or NULL */
	const char *initial; /* default, as a user would write it; NULL for off */
	const char *arg;     /* the argument's name in --help, or NULL */
	const char *help;
	enum { OPTIONS_EVERYWHERE, OPTIONS_ARGV_ONLY, OPTIONS_ENV_ONLY } where;
};

struct options_table {
	const struct options_row *rows;
	size_t count;
};

/* "max-interval" as "WAITFOR_MAX_INTERVAL". The caller's. */
char *options_env_name(const struct options_row *row);

/* The three passes. fields is the struct the rows' offsets point into. */
int options_load_defaults(const struct options_table *table, void *fields, struct error *err);
int options_load_env(const struct options_table *table, const struct env *env, void *fields, struct error *err);

/*
 * argv[1..] up to "--" or the end. What is no option is an operand: operands (room for argc entries)
 * gets pointers into argv. *rest becomes the index behind "--", or argc. Options and operands may mix.
 */
int options_load_argv(const struct options_table *table, int argc, char **argv, void *fields, char **operands,
		      size_t *operand_count, int *rest, struct error *err);

/* Warns of variables that look like a misspelt WAITFOR_ setting: silently ignored, they cost somebody a day. */
void options_warn_misspelt(const struct options_table *table, const struct env *env, struct log *log);

#endif
