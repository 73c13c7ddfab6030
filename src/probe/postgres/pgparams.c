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
};

const struct options_table pgparams_table = {pgparams_rows, sizeof(pgparams_rows) / sizeof(pgparams_rows[0])};
