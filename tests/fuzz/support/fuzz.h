/*
 * What every fuzzer starts from. A fuzzer is a file fuzz_NAME.c with the function fuzz_one; libFuzzer gives it the bytes.
 * A broken invariant ends the program, and libFuzzer keeps the input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system/env.h"
#include "system/log.h"

/* Ends the program with a line that names the invariant and shows text, which may be NULL. */
#define fuzz_check(condition, text) fuzz_check_that(condition, #condition, text, __FILE__, __LINE__)
void fuzz_check_that(bool holds, const char *what, const char *text, const char *file, int line);

/* What is left of the input. */
struct fuzz {
	const char *at;
	size_t left;
};

/* Tries one input. Each fuzzer has its own. Input that is not worth keeping is no error. */
void fuzz_one(struct fuzz *in);

/* Takes a byte; 0 at the end. */
unsigned fuzz_byte(struct fuzz *in);

/* Takes a line without its line feed, cut at a zero byte. NULL at the end. The caller's. */
char *fuzz_line(struct fuzz *in);

/* Takes all that is left, cut at a zero byte. The caller's. */
char *fuzz_rest(struct fuzz *in);

enum { FUZZ_LINES = 24 };

/* Takes lines up to an empty one, FUZZ_LINES at most; the list ends with NULL. Returns how many. fuzz_free_lines frees them. */
size_t fuzz_lines(struct fuzz *in, char *lines[FUZZ_LINES + 1]);
void fuzz_free_lines(char **lines);

/* Writes the bytes to a file in memory, which is the same each time. Returns its path. */
const char *fuzz_file(const void *bytes, size_t len);

/* A log whose lines can be read back. All fuzzers have one at most. fuzz_log_text is the caller's. */
void fuzz_log_open(struct log *log);
char *fuzz_log_text(void);

/* A secret that no text of waitfor's holds by chance. It has no character that is escaped anywhere. */
#define FUZZ_SECRET "Sw0rdf1sh"

/* Checks that text, which may be printed, does not hold FUZZ_SECRET. */
#define fuzz_check_hidden(text) fuzz_check(!(text) || !strstr(text, FUZZ_SECRET), text)

#endif
