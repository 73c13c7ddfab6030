/*
 * Texts with escapes for bytes, and extended regular expressions (POSIX.1-2017, 9.4) with the same escapes, which are matched
 * against bytes. What they are is for the C library; this file keeps from it what libraries differ in, or cannot bear.
 */
#ifndef BASE_EXPR_H
#define BASE_EXPR_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/errors.h"

struct expr {
	regex_t compiled;
	bool is_compiled; /* false: zeroed, or expr_compile failed */
};

/* Adds to out the bytes of text, in which \r \n \t \\ and \xHH are escapes. Returns -1 with err, which quotes nothing. */
int expr_bytes(struct buf *out, const char *text, struct error *err);

/*
 * Compiles text, in which the same are escapes; the byte means itself. Any other '\' with a letter is refused, because C
 * libraries have extensions that differ; some find the end of a word where only a packet ends. Returns -1 with err, also for
 * one that would need a lot of memory. The caller calls expr_release in both cases.
 */
int expr_compile(struct expr *expr, const char *text, struct error *err);
void expr_release(struct expr *expr);

/*
 * Does it match anywhere in the bytes? '^' and '$' are the beginning and the end of a line, as for grep. The end of data is
 * one only if it is whole: then a match stays one whatever follows, so that it does not matter where a packet ends. A zero
 * byte is like any other, except that it is not told from 0x1a.
 */
bool expr_matches(const struct expr *expr, const char *data, size_t len, bool whole);

#endif
