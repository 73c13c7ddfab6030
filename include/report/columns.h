/* Lines of texts in columns that stand one below the other, and what gives way where the window is too narrow. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum board_column { BOARD_STATE, BOARD_TARGET, BOARD_REASON, BOARD_ELAPSED, BOARD_ATTEMPTS, BOARD_NEXT, BOARD_COLUMNS };

struct board_line {
	char *text[BOARD_COLUMNS];  /* clean (cells_copy) */
	char *brief[BOARD_COLUMNS]; /* the same where there is little room; NULL: there is no shorter form */
	const char *colour;         /* the escape sequence of the state; "": none */
};

/* Adds the lines, each with a line feed, none wider than width, which may be 0. */
void board_columns_add(struct buf *buf, const struct board_line *lines, size_t count, int width, bool colour);

#endif
