/* Allocation that never fails: without memory the program exits with 125, so no caller handles a NULL. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* The caller owns every result and frees it with free(). */
void *alloc_zero(size_t count, size_t size);
void *alloc_resize(void *memory, size_t count, size_t size); /* memory may be NULL; added bytes are not initialised */
char *alloc_text(const char *text);                          /* NULL gives NULL */
char *alloc_slice(const char *text, size_t len);             /* the first len bytes, NUL-terminated */
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *alloc_format_list(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Returns memory, which a library allocated. NULL, the library's report that there is none, exits with 125. */
void *alloc_check(void *memory);

#endif
