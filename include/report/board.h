/* The live board as text: a line for the whole wait and one for each target. It knows no terminal and no clock. */
#ifndef REPORT_BOARD_H
#define REPORT_BOARD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "wait/sinks.h"

/* Rows for board_draw: as many as there are targets. */
#define BOARD_ALL_ROWS INT_MAX

/*
 * Draws it for a window of that size, as it stands at now (clock_now() time); a size of 0 is one that is not known,
 * and 80x24. Each line ends with a line feed, none is wider than columns - 1, and there are at most rows: where the
 * targets are more, those that are not ready come first, and the last line sums up the rest. colour: the states are
 * coloured (ECMA-48). The text is the caller's.
 */
char *board_draw(const struct sinks_view *view, int columns, int rows, int64_t now, bool colour);

#endif
