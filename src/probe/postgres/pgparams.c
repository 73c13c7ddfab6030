#include "probe/postgres/pgparams.h"

#include <stddef.h>

static const struct options_row pgparams_rows[] = {
	{
		.key = "missing-database",
		.type = OPTIONS_WORD,
		.value = PGPARAMS_MAY_BE_MISSING,
		.choices = "ok",
		.offset = offsetof(struct pgparams, database),
		.help = "the server is ready even if the database does not exist yet",
	},
	{
		.key = "table",
		.type = OPTIONS_TEXT,
		.offset = offsetof(struct pgparams, table),
		.arg = "NAME",
		.help = "this table exists: a migration has made it",
	},
	{
		.key = "query",
		.type = OPTIONS_TEXT,
		.offset = offsetof(struct pgparams, query),
		.arg = "SQL",
		.help = "the first column of its first row is true",
	},
	{
		.key = "once",
		.type = OPTIONS_TEXT,
		.offset = offsetof(struct pgparams, once),
		.arg = "VERSION",
		.help = "with --lock: COMMAND does not run if it has succeeded for this VERSION",
	},
};

const struct options_table pgparams_table = {pgparams_rows, sizeof(pgparams_rows) / sizeof(pgparams_rows[0])};
