/* Percent-coding of URLs (RFC 3986, 2.1). */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stddef.h>

#include "base/buf.h"

/*
 * "%2Frun%2Fpg" as "/run/pg", the caller's. What is no escape stays as it is, for others to refuse. NULL where an escape
 * is a zero byte, which no text can hold.
 */
char *percent_decode(const char *text, size_t len);

/* Adds the text with everything escaped but letters, digits and "-._~". */
void percent_encode(struct buf *out, const char *text);

#endif
