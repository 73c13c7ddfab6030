/* Reads UTF-8 from bytes that nobody has checked. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* U+FFFD, which replaces a byte that is not valid UTF-8. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * Returns the length in bytes, 1 to 4, of the first character in text[0..len), and sets *code to it; code may be NULL.
 * Returns 0 if len is 0 or no valid character begins there. Overlong forms, surrogates and values above U+10FFFF are
 * not valid (RFC 3629).
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *code);

/*
 * Does the character control the terminal or the layout instead of showing something? Such are C0, DEL and C1, and
 * Unicode's bidirectional and format characters and its line and paragraph separators.
 */
bool utf8_is_control(uint32_t code);

#endif
