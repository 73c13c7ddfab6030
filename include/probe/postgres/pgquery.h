/* What a login asks the server: SELECT 1, whether a table exists, or a query of the user's. */
#ifndef PROBE_POSTGRES_PGQUERY_H
#define PROBE_POSTGRES_PGQUERY_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "base/errors.h"
#include "probe/postgres/pgparams.h"
#include "target/outcome.h"

/* Returns "table" or "query", the parameter that asks for more than a login; NULL: none does. params may be NULL. */
const char *pgquery_wanted_by(const struct pgparams *params);

/* Refuses parameters that contradict each other. params may be NULL. Returns -1 with err, which quotes nothing. */
int pgquery_check(const struct pgparams *params, struct error *err);

/* Sends the question, without waiting. Returns false if the connection is lost. params may be NULL. */
bool pgquery_send(PGconn *conn, const struct pgparams *params);

/* Judges the rows of the answer; OUTCOME_NONE if it has none but is an error, of which the SQLSTATE decides. */
struct outcome pgquery_judge(const PGresult *result, const struct pgparams *params);

#endif
