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

/*
 * Sets the text (printf style). Returns -1, so that callers can return it. Of a text that does not fit into the buffer the
 * middle is left out, with "..." in its place.
 */
int errors_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the text in err, in the same way. Returns -1. */
int errors_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
