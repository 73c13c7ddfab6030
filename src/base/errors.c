#include "base/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int errors_set(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->set = true;
	return -1;
}

int errors_prefix(struct error *err, const char *format, ...)
{
	static const char cut[] = "...\"";
	char context[512];
	size_t len, room;
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(context, sizeof(context) - 2, format, args);
	va_end(args);
	len = strlen(context);
	if (wanted > (int)len) /* cut: so long a context ends with a name in quotes */
		memcpy(context + len - (sizeof(cut) - 1), cut, sizeof(cut));
	memcpy(context + len, ": ", 3);
	len += 2;
	room = sizeof(err->text) - 1 - len;
	memmove(err->text + len, err->text, room);
	memcpy(err->text, context, len);
	err->text[sizeof(err->text) - 1] = '\0';
	err->set = true;
	return -1;
}
