/* The sink that says, in place of waitfor's lines, what another tool would say. */
#ifndef CLI_FRONT_FRONTSINK_H
#define CLI_FRONT_FRONTSINK_H

#include "base/errors.h"
#include "cli/front/frontline.h"
#include "system/process.h"

/* line must outlive the sink. */
struct sink *frontsink_new(struct frontline *line);

/*
 * Prints what the line says and sleeps before the wait, or behind one that has succeeded, if the tool does. Returns the
 * exit code of a signal that ended it, or EXIT_OWN_FAULT with err; else 0.
 */
int frontsink_rest_before(struct frontline *line, struct process *process, struct error *err);
int frontsink_rest_after(struct frontline *line, struct process *process, struct error *err);

/* There is nothing to wait for: prints what the line says. Returns its exit code. */
int frontsink_end_call(struct frontline *line);

#endif
