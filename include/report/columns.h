/* Lines of texts in columns that stand one below the other, and what gives way where the window is too narrow. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum columns_column {
	COLUMNS_STATE,
	COLUMNS_TARGET,
	COLUMNS_REASON,
	COLUMNS_ELAPSED,
	COLUMNS_ATTEMPTS,
	COLUMNS_NEXT,
	COLUMNS_COUNT
};

struct columns_line {
	char *text[COLUMNS_COUNT];  /* clean (cells_copy) */
	char *brief[COLUMNS_COUNT]; /* the same where there is little room; NULL: there is no shorter form */
	const char *colour;         /* the escape sequence of the state; "": none */
};

/* Adds the lines, each with a line feed, none wider than width, which may be 0. */
void columns_add(struct buf *buf, const struct columns_line *lines, size_t count, int width, bool colour);

#endif
