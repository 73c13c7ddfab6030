/* Replaces ${NAME} in the text of a file, such as nginx.conf. */
#ifndef SYSTEM_TEMPLATE_H
#define SYSTEM_TEMPLATE_H

#include "base/buf.h"
#include "base/errors.h"
#include "system/env.h"

/*
 * Adds text to out with each ${NAME} and ${NAME:-default} replaced, by the rules of expand_variables, and with each "$$"
 * replaced by '$'. A '$' alone is literal, so that $host stays what it means to nginx. A URL ends at white space, and at a
 * character that no URL has or that a file may have behind one, such as '"' or ';'. On failure out holds a part of it;
 * the error names the line, and quotes no default.
 */
int template_expand(const struct env *env, const char *text, struct buf *out, struct error *err);

#endif
