/* Memory that is always there: running out ends the program with 125, so that no caller has to say what it would do. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* All results are owned by the caller and freed with free(). */
void *alloc_zero(size_t count, size_t size);
void *alloc_resize(void *memory, size_t count, size_t size); /* memory may be NULL; new bytes are undefined */
char *alloc_text(const char *text);                          /* NULL gives NULL */
char *alloc_slice(const char *text, size_t len);             /* the first len bytes, NUL-terminated */
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a library allocated, or NULL when it could not. */
void *alloc_check(void *memory);

#endif
