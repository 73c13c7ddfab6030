/* What an error of the server means for a target. A pure function. */
#ifndef PROBE_POSTGRES_PGREFUSAL_H
#define PROBE_POSTGRES_PGREFUSAL_H

#include <stdbool.h>

#include "probe/postgres/conninfo.h"
#include "probe/postgres/pganswer.h"
#include "target/outcome.h"

/*
 * words begin with the SQLSTATE; line is what may be shown of them. local: over a Unix socket. The outcome's detail is
 * line, and for a refusal a hint, which is never cut off.
 */
struct outcome pgrefusal_judge(const struct conninfo *info, const char *words, const char *line,
			       enum pganswer_phase phase, bool local);

#endif
