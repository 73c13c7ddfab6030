/* Lines in aligned columns. If the window is too narrow, columns are shortened or left out. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum columns_column { COLUMNS_STATE, COLUMNS_TARGET, COLUMNS_REASON, COLUMNS_ELAPSED, COLUMNS_COUNT };

struct columns_line {
	char *text[COLUMNS_COUNT];  /* without control bytes (cells_copy) */
	char *brief[COLUMNS_COUNT]; /* a shorter form for narrow windows; NULL: there is none */
	const char *colour;         /* escape sequence for the state; "": none */
};

/*
 * Adds the lines to buf. Each ends with a line feed and is at most width cells wide; width may be 0. A reason that is too
 * long for its column goes on in a line of its own, for as many reasons as there are spare lines.
 */
void columns_add(struct buf *buf, const struct columns_line *lines, size_t count, int width, size_t spare, bool colour);

#endif
