/* Our own failures (a bad option, nothing to exec), with the context of every layer they passed. */
#ifndef BASE_ERRORS_H
#define BASE_ERRORS_H

#include <stdbool.h>

/*
 * A function that can fail takes a struct error last, leaves it untouched on success, and on failure
 * fills it and returns -1. Callers on the way up may prepend context; main prints it once and exits
 * with 125. What a *peer* does is never an error: that is a struct outcome.
 */
struct error {
	bool set;
	char text[1024];
};

/* Sets the text (printf style, cut at the size of the buffer). Returns -1, so that callers can return it. */
int errors_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text that is there. Returns -1. */
int errors_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
