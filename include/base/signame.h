/* The names of signals. */
#ifndef BASE_SIGNAME_H
#define BASE_SIGNAME_H

#include <stddef.h>

/* Writes "SIGTERM", or "signal 34" if the number has no name, and returns out. 24 bytes are enough. */
const char *signame_text(int signal, char *out, size_t size);

/* Returns the number for "HUP", "SIGHUP" or "1", in upper or lower case; 0 if there is no such signal. */
int signame_number(const char *text);

#endif
