#include "probe/postgres/pgquery.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

enum { PGQUERY_VERSION_MAX = 100 };

const char *pgquery_wanted_by(const struct pgparams *params)
{
	if (!params || (!params->table && !params->query))
		return NULL;
	return params->table ? "table" : "query";
}

/* A version is a key of a table, and is printed. */
static int pgquery_check_version(const char *version, struct error *err)
{
	size_t len = strlen(version), printed = 0;

	while (version[printed] > ' ' && version[printed] <= '~')
		printed++;
	if (len && len <= PGQUERY_VERSION_MAX && printed == len)
		return 0;
	return errors_set(err, "parameter once: a version has 1 to %d printed characters of ASCII, and no white space",
			  PGQUERY_VERSION_MAX);
}

int pgquery_check(const struct pgparams *params, struct error *err)
{
	if (params && params->once && pgquery_check_version(params->once, err))
		return -1;
	if (!pgquery_wanted_by(params))
		return 0;
	if (params->table && params->query)
		return errors_set(err, "table and query cannot be used together; put the table into the query");
	if (params->database == PGPARAMS_MAY_BE_MISSING)
		return errors_set(err, "%s needs the database, and missing-database=ok does not; leave out one",
				  pgquery_wanted_by(params));
	return 0;
}

/*
 * to_regclass reads the name as SQL does, with schema and quotes, and is NULL where there is no such relation. The name is
 * a literal, because the type of its parameter differs between versions: PostgreSQL 9.4 to 9.6, "Release Notes" of 9.6.
 */
static char *pgquery_text(PGconn *conn, const struct pgparams *params)
{
	char *literal, *text;

	if (!pgquery_wanted_by(params))
		return alloc_text("SELECT 1");
	if (params->query)
		return alloc_text(params->query);
	literal = PQescapeLiteral(conn, params->table, strlen(params->table));
	text = literal ? alloc_format("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", literal) : NULL;
	PQfreemem(literal);
	return text;
}

bool pgquery_send(PGconn *conn, const struct pgparams *params)
{
	char *text = pgquery_text(conn, params);
	bool sent = text && PQsendQuery(conn, text);

	free(text);
	return sent;
}

/* Is the first column of the first row true: not NULL, and not what SQL or a program writes for false? */
static bool pgquery_is_true(const PGresult *result)
{
	static const char *const no[] = {"", "f", "false", "0", "no", "off"};
	const char *value;

	if (PQnfields(result) == 0 || PQgetisnull(result, 0, 0))
		return false;
	value = PQgetvalue(result, 0, 0);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return true;
}

struct outcome pgquery_judge(const PGresult *result, const struct pgparams *params)
{
	const char *wanted_by = pgquery_wanted_by(params);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		return outcome_make(OUTCOME_NONE, NULL);
	if (!wanted_by)
		return outcome_make(OUTCOME_READY, NULL);
	if (PQntuples(result) == 0)
		return outcome_make(OUTCOME_UNSUITABLE, "the query gives no rows");
	if (pgquery_is_true(result))
		return outcome_make(OUTCOME_READY, NULL);
	return params->table
		       ? outcome_make(OUTCOME_STARTING, "no such table: %.120s", params->table)
		       : outcome_make(OUTCOME_UNSUITABLE, "the first column of the query's first row is not true");
}
