/*
 * The texts of tcp://'s parameters send and expect: their escapes, and expect as an extended regular expression (POSIX.1-2017,
 * 9.4), which is matched against the bytes that were heard.
 */
#ifndef PROBE_TCPEXPR_H
#define PROBE_TCPEXPR_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/errors.h"

struct tcpexpr {
	regex_t compiled;
	bool is_compiled; /* false: zeroed, or tcpexpr_compile failed */
};

/* Adds to out the bytes of text, in which \r \n \t \\ and \xHH are escapes. Returns -1 with err, which quotes nothing. */
int tcpexpr_bytes(struct buf *out, const char *text, struct error *err);

/*
 * Compiles text, in which the same are escapes; the byte means itself. Any other '\' with a letter is refused, because C
 * libraries have extensions that differ; some find the end of a word where only a packet ends. Returns -1 with err, also for
 * one that would need a lot of memory. The caller calls tcpexpr_release in both cases.
 */
int tcpexpr_compile(struct tcpexpr *expr, const char *text, struct error *err);
void tcpexpr_release(struct tcpexpr *expr);

/*
 * Does it match anywhere in the bytes? '^' and '$' are the beginning and the end of a line, as for grep. The end of data is
 * one only if it is whole: then a match stays one whatever follows, so that it does not matter where a packet ends. A zero
 * byte is like any other, except that it is not told from 0x1a.
 */
bool tcpexpr_matches(const struct tcpexpr *expr, const char *data, size_t len, bool whole);

#endif
