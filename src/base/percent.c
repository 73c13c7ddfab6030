#include "base/percent.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Returns the byte that the escape at text stands for, or -1 if there is no escape. */
static int percent_value(const char *text)
{
	const char digits[] = {text[0] == '%' ? text[1] : '\0', text[0] == '%' && text[1] ? text[2] : '\0', '\0'};

	if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
		return -1;
	return (int)strtoul(digits, NULL, 16);
}

char *percent_decode(const char *text, size_t len)
{
	char *decoded = alloc_slice(text, len), *to = decoded;

	for (const char *from = decoded; *from; from++) {
		int value = percent_value(from);

		if (value == 0) {
			free(decoded);
			return NULL;
		}
		*to++ = value > 0 ? (char)value : *from;
		from += value > 0 ? 2 : 0;
	}
	*to = '\0';
	return decoded;
}

void percent_encode(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		char code[4];

		if (strchr(plain, *text)) {
			buf_add(out, text, 1);
			continue;
		}
		snprintf(code, sizeof(code), "%%%02X", (unsigned)(unsigned char)*text);
		buf_add_text(out, code);
	}
}
