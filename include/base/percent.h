/* Percent-coding of URLs (RFC 3986, 2.1). */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Decodes text[0..len): "%2Frun%2Fpg" gives "/run/pg". A '%' that begins no valid escape stays as it is; the caller
 * refuses it if it must. Returns NULL for "%00", because a C string cannot hold a zero byte. The caller frees the
 * result with free().
 */
char *percent_decode(const char *text, size_t len);

/* Adds the text to out. Escapes every byte except letters, digits and "-._~" (RFC 3986, 2.3). */
void percent_encode(struct buf *out, const char *text);

#endif
