/*
 * Reports for people at a terminal: a board that is drawn anew in place, at most ten times a second. It changes no
 * mode of the terminal and hides no cursor, so that nothing has to be put back however the process ends.
 */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include <stdbool.h>

#include "system/env.h"
#include "system/log.h"
#include "wait/sinks.h"

/* Can a board be drawn there? fd is a terminal, it is this process's turn on it, and TERM is not "dumb". */
bool screen_fits(const struct env *env, int fd);

/* NO_COLOR is not set, or empty (no-color.org). */
bool screen_colour(const struct env *env);

/*
 * Draws on the terminal that fd is open for. At the end the board stays and the cursor is below it; after a timeout,
 * or where --fail-fast gave up, what report/lines.h says of such an end takes its place. Where fd is no terminal that
 * can be opened again, this is report/lines.h. log, which writes to the same terminal, must outlive it.
 */
struct sink *screen_new(struct log *log, int fd, bool colour);

#endif
