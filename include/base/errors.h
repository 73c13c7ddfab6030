/* Errors of waitfor itself, such as a bad option or a missing command. Each layer can add its context in front. */
#ifndef BASE_ERRORS_H
#define BASE_ERRORS_H

#include <stdbool.h>

/*
 * A function that can fail takes a struct error as its last parameter. On success it does not touch it. On failure it
 * fills it and returns -1. Callers may prepend context; main prints the text once and exits with 125. What a *peer*
 * does is never an error: that is a struct outcome.
 */
struct error {
	bool set;
	char text[1024];
};

/* Sets the text (printf style, cut at the size of the buffer). Returns -1, so that callers can return it. */
int errors_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the text in err; the context is cut at 509 bytes. Returns -1. */
int errors_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
