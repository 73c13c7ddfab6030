/* A growing text. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated as soon as anything was added; NULL before */
	size_t len;
	size_t size;
};

void buf_add(struct buf *buf, const char *data, size_t len);
void buf_add_text(struct buf *buf, const char *text);

/* The text ("" when nothing was added), owned by the caller; the buf is empty again. */
char *buf_detach(struct buf *buf);
void buf_release(struct buf *buf);

#endif
