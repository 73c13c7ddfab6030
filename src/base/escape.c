#include "base/escape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool escape_read(const char **at, char *byte)
{
	static const char letters[] = "rnt\\", meanings[] = "\r\n\t\\";
	const char *c = *at + 1, *letter = *c ? strchr(letters, *c) : NULL;

	if (letter) {
		*byte = meanings[letter - letters];
	} else if (*c == 'x' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
		const char digits[] = {c[1], c[2], '\0'};

		*byte = (char)strtoul(digits, NULL, 16);
		c += 2;
	} else {
		return false;
	}
	*at = c + 1;
	return true;
}

int escape_bytes(struct buf *out, const char *text, struct error *err)
{
	char byte;

	while (*text) {
		byte = *text;
		if (byte != '\\')
			text++;
		else if (!escape_read(&text, &byte))
			return errors_set(err, "r, n, t, \\ or xHH must follow a '\\'; write \\\\ for a '\\' itself");
		buf_add(out, &byte, 1);
	}
	return 0;
}
