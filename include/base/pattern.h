/*
 * Extended regular expressions of POSIX (IEEE Std 1003.1, 9.4), to find out whether a text holds a match. Not the C library's:
 * musl's regexec can take minutes for a reply of a megabyte, and nothing else happens meanwhile (FACTS 69).
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"

struct pattern;

/*
 * Returns the compiled expression, which pattern_free frees; NULL with err if it is wrong or too large. It works on bytes, as
 * in the C locale. Lines are matched as by grep: '^' and '$' stand for the ends of a line, and neither '.' nor "[^a]"
 * matches its end. Escapes for bytes (base/escape.h) are known, in a set too. What POSIX leaves undefined is an error, such as
 * "\d" and a "*" at the beginning.
 */
struct pattern *pattern_new(const char *text, struct error *err);
void pattern_free(struct pattern *pattern); /* NULL is allowed */

/*
 * Does data[0..len), any bytes, hold a match? The end of data ends a line only if it is whole: then a match stays one whatever
 * follows, so that it does not matter where a packet ends. The time grows with len times the length of the expression and no faster, whatever
 * they hold: all ways to match are followed at once, and each byte is looked at once.
 */
bool pattern_finds(const struct pattern *pattern, const char *data, size_t len, bool whole);

#endif
