/* A text that grows. A zeroed struct buf is empty and valid. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;  /* NULL until something was added, then NUL-terminated */
	size_t len;  /* bytes, without the NUL */
	size_t size; /* bytes allocated */
};

/* Adds a copy of len bytes. */
void buf_add(struct buf *buf, const char *data, size_t len);
void buf_add_text(struct buf *buf, const char *text);

/* Returns the text, "" when nothing was added. The caller frees it with free(). The buf is empty afterwards. */
char *buf_detach(struct buf *buf);

/* Frees the text. The buf is empty afterwards. */
void buf_release(struct buf *buf);

#endif
