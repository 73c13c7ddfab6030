/* Numbers as protocols send them: of 1 to 4 bytes, and not always where a processor may read one; or in digits. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Reads count bytes, the highest first ("network order"). */
uint32_t number_read(const void *bytes, size_t count);

/* Reads count bytes, the lowest first. */
uint32_t number_read_low(const void *bytes, size_t count);

/* Adds the lowest count bytes of the number to out, the highest of them first. */
void number_add(struct buf *out, uint32_t number, size_t count);

/* Adds the lowest count bytes of the number to out, the lowest first. */
void number_add_low(struct buf *out, uint32_t number, size_t count);

/*
 * Reads the decimal number that text[0..len) begins with, which may have a '-'. Nothing behind it is looked at: a reply has no end
 * that strtol would know. Returns 0 if there is none; one that is too long is INT64_MAX, or its negative.
 */
int64_t number_digits(const char *text, size_t len);

#endif
