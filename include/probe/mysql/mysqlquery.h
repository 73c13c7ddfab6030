/* What MySQL and MariaDB are asked after a login, and what the results mean. */
#ifndef PROBE_MYSQL_MYSQLQUERY_H
#define PROBE_MYSQL_MYSQLQUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/errors.h"
#include "options/options.h"
#include "target/outcome.h"
#include "target/target.h"

/* The parameters of the URL; NULL: not given. */
struct mysqlquery_params {
	const char *table, *query;
};

extern const struct options_table mysqlquery_table;

/* Refuses a table that no statement can name. Returns -1 with err. */
int mysqlquery_check(const struct mysqlquery_params *params, bool has_database, struct error *err);

/* In this order; what is not wanted is left out. The last two are: nothing but whether it answers, and nothing more. */
enum mysqlquery_question { MYSQLQUERY_NONE, MYSQLQUERY_TABLE, MYSQLQUERY_QUERY, MYSQLQUERY_PING, MYSQLQUERY_END };

/* Zeroed: nothing is asked yet. */
struct mysqlquery {
	enum mysqlquery_question question;
	enum { MYSQLQUERY_HEAD, MYSQLQUERY_COLUMNS, MYSQLQUERY_ROWS } stage; /* what the next packet is */
	size_t columns;                                                      /* packets before the rows */
};

/* Goes on to the next question. Returns false if there is none. */
bool mysqlquery_next(struct mysqlquery *query, const struct mysqlquery_params *params);

/* Adds the statement of the question. */
void mysqlquery_add(const struct mysqlquery *query, const struct mysqlquery_params *params, struct buf *sql);

/*
 * Reads a packet of the result, which has len bytes, at least one, and is no error. Returns whether the question is
 * answered; then *outcome says how: READY, or what is wrong.
 */
bool mysqlquery_take(struct mysqlquery *query, const unsigned char *packet, size_t len, struct outcome *outcome);

#endif
