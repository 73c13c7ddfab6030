/* Reads a whole file, which may be a pipe or a terminal. Signals still end the process meanwhile. */
#ifndef SYSTEM_INPUT_H
#define SYSTEM_INPUT_H

#include <stddef.h>

#include "base/errors.h"

/*
 * Reads all of the file at path; "-" is standard input. *text gets *len bytes and a NUL after them, and is the
 * caller's. If an ending signal arrives, the process exits with 128+n: no wait has begun yet. Fails if the file cannot
 * be read or has more than max bytes. The error names the file.
 */
int input_read(const char *path, size_t max, char **text, size_t *len, struct error *err);

#endif
