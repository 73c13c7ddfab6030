/* Base64 (RFC 4648, 4). libpq has the code, for its own. */
#ifndef PROBE_BASE64_H
#define PROBE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Adds the bytes to out as text. */
void base64_add(struct buf *out, const unsigned char *bytes, size_t len);

/* Reads a text without blanks into bytes, and sets *count to how many. False: it is wrong, or has more than size. */
bool base64_read(const char *text, size_t len, unsigned char *bytes, size_t size, size_t *count);

#endif
