/*
 * The live board as text: a line for the whole wait, and one for each target. Of a URL it shows only what tells targets
 * apart, and an address only if the target does not say it. It uses neither a terminal nor a clock.
 */
#ifndef REPORT_BOARD_H
#define REPORT_BOARD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "wait/sinks.h"

/* Rows for board_draw: no limit, so each target gets a line. */
#define BOARD_ALL_ROWS INT_MAX

/*
 * Returns the board at the time now (clock_now() time) for a window of columns by rows; 0 means unknown, so 80 or 24.
 * The caller frees the text. Each line ends with a line feed and is at most columns - 1 cells wide. There are at most
 * rows lines: if there are more targets, those that are not ready come first, and the last line sums up the rest. If
 * there are fewer, a reason that is too long for its column takes a second line while there are rows left.
 * colour: the states get colours (ECMA-48).
 */
char *board_draw(const struct sinks_view *view, int columns, int rows, int64_t now, bool colour);

#endif
