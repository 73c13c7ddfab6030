/*
 * Reports for people at a terminal: a board that is updated in place, at most ten times a second. It does not change
 * the settings of the terminal and does not hide the cursor. So nothing has to be restored, however the process ends.
 */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include <stdbool.h>

#include "system/env.h"
#include "system/log.h"
#include "wait/sinks.h"

/* Can a board be drawn on fd? It must be a terminal that has this process in the foreground, and TERM not be "dumb". */
bool screen_fits(const struct env *env, int fd);

/* Are colours allowed? They are if NO_COLOR is not set or empty (no-color.org). */
bool screen_colour(const struct env *env);

/*
 * Returns a sink that draws on the terminal fd. At the end the board stays, and the cursor is below it; but after a
 * timeout and after --fail-fast, the lines and the summary of report/lines.h replace the board. If fd is not a
 * terminal, or cannot be opened again, the sink prints all lines of report/lines.h instead. log writes to the same
 * terminal, and must outlive the sink.
 */
struct sink *screen_new(struct log *log, int fd, bool colour);

#endif
