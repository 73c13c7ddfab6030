/* Escapes for bytes in texts that a user writes: \r, \n, \t, \\ and \xHH. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/errors.h"

/* Reads the escape at *at, a '\', and moves *at behind it. Returns false if it is none; then *at stays. */
bool escape_read(const char **at, char *byte);

/* Adds to out the bytes of text, in which a '\' must begin an escape. Returns -1 with err, which quotes nothing. */
int escape_bytes(struct buf *out, const char *text, struct error *err);

#endif
