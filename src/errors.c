#include "errors.h"

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
	char context[256];
	size_t len, room;
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context) - 2, format, args);
	va_end(args);
	len = strlen(context);
	memcpy(context + len, ": ", 3);
	len += 2;
	room = sizeof(err->text) - 1 - len;
	memmove(err->text + len, err->text, room);
	memcpy(err->text, context, len);
	err->text[sizeof(err->text) - 1] = '\0';
	err->set = true;
	return -1;
}
