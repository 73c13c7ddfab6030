/* Reading a file that may be a pipe or a terminal, without becoming deaf to signals meanwhile. */
#ifndef SYSTEM_INPUT_H
#define SYSTEM_INPUT_H

#include <stddef.h>

#include "base/errors.h"
#include "system/process.h"

/*
 * All of the file at path, "-" being standard input, of at most max bytes: *text is the caller's and NUL-terminated
 * beyond len. Ends the process with 128+n when an ending signal comes meanwhile, as no wait has begun yet. The error
 * names the file.
 */
int input_read(const char *path, const struct process *process, size_t max, char **text, size_t *len,
	       struct error *err);

#endif
