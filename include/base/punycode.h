/* The form in which DNS carries a name that is not ASCII: "bücher.test" is asked for as "xn--bcher-kva.test". */
#ifndef BASE_PUNYCODE_H
#define BASE_PUNYCODE_H

#include <stddef.h>
#include <stdint.h>

/* Encodes count codes (RFC 3492, without "xn--"). The caller frees the text. NULL if a number becomes too large. */
char *punycode_encode(const uint32_t *codes, size_t count);

/*
 * Returns the ASCII form of a host in UTF-8, label by label and in lower case. Returns NULL if the text is not UTF-8,
 * if a part becomes longer than 63 characters, or if a letter with separate accents (U+0300 to U+036F) would have to
 * be composed first. The caller frees it with free().
 */
char *punycode_host(const char *host);

#endif
