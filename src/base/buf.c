#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_add(struct buf *buf, const char *data, size_t len)
{
	if (buf->len + len + 1 > buf->size) {
		buf->size = (buf->len + len + 1) * 2;
		buf->data = alloc_resize(buf->data, buf->size, 1);
	}
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

char *buf_detach(struct buf *buf)
{
	char *text = buf->data ? buf->data : alloc_text("");

	*buf = (struct buf){0};
	return text;
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
