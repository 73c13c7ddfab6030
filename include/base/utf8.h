/* Characters in bytes that may hold anything. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for a byte that is not of a character: U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * How many of these len bytes are the first character: 1 to 4. 0: the first byte is of none, or len is 0. Overlong
 * forms, surrogates and what is above U+10FFFF are no characters (RFC 3629). code is set to the character; may be NULL.
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *code);

/*
 * Does the character steer rather than show: C0, DEL and C1, and what turns the order of others, breaks lines or has
 * no width (Unicode's bidirectional and format characters, line and paragraph separators)?
 */
bool utf8_is_control(uint32_t code);

#endif
