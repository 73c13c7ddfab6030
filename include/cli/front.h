/* The tools that waitfor can be: found by the name it is called by, or by `waitfor as NAME`. */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "base/errors.h"
#include "cli/front/frontline.h"
#include "system/env.h"

/*
 * Is this the call of another tool? If so, fills line, and *argc and *argv become the command line with which waitfor
 * does the same; they are line's. With --explain behind `waitfor as NAME`, line says that command line and ends. If not,
 * line->front is NULL, and argv stays. Fails if `as` names no tool. Both argv and env must outlive line, which must be
 * freed with front_close, also on failure.
 */
int front_open(struct frontline *line, int *argc, char ***argv, const struct env *env, struct error *err);
void front_close(struct frontline *line);

/* Returns the tool's exit code for waitfor's. Those of the command and of signals are the same. */
int front_code(const struct frontline *line, int code);

#endif
