#include "probe/base64.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

/* The prototypes are in libpq's common/base64.h, but not in its public headers. */
int pg_b64_encode(const uint8_t *src, int len, char *dst, int dstlen);
int pg_b64_decode(const char *src, int len, uint8_t *dst, int dstlen);

void base64_add(struct buf *out, const unsigned char *bytes, size_t len)
{
	size_t size = (len + 2) / 3 * 4;
	char *text = alloc_zero(size + 1, 1);

	pg_b64_encode(bytes, (int)len, text, (int)size); /* fails only without room */
	buf_add(out, text, size);
	free(text);
}

bool base64_read(const char *text, size_t len, unsigned char *bytes, size_t size, size_t *count)
{
	int decoded = pg_b64_decode(text, (int)len, bytes, (int)size);

	*count = decoded < 0 ? 0 : (size_t)decoded;
	return decoded >= 0;
}
