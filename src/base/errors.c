#include "base/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Of a text that is too long both ends are kept: the culprit is named at its beginning, and the fix at its end. */
static void errors_shorten(struct error *err, const char *text)
{
	static const char cut[] = "...";
	size_t len = strlen(text), mark = sizeof(cut) - 1, half = (sizeof(err->text) - sizeof(cut)) / 2;

	memcpy(err->text, text, half);
	memcpy(err->text + half, cut, mark);
	memcpy(err->text + half + mark, text + len - half, half + 1);
}

int errors_set(struct error *err, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->set = true;
	if (len < (int)sizeof(err->text))
		return -1;
	va_start(args, format);
	text = alloc_format_list(format, args);
	va_end(args);
	errors_shorten(err, text);
	free(text);
	return -1;
}

int errors_prefix(struct error *err, const char *format, ...)
{
	size_t len, old = strlen(err->text);
	va_list args;
	char *context, *text;

	va_start(args, format);
	context = alloc_format_list(format, args);
	va_end(args);
	len = strlen(context);
	if (len + 2 + old < sizeof(err->text)) {
		memmove(err->text + len + 2, err->text, old + 1);
		memcpy(err->text, context, len);
		memcpy(err->text + len, ": ", 2);
	} else {
		text = alloc_format("%s: %s", context, err->text);
		errors_shorten(err, text);
		free(text);
	}
	err->set = true;
	free(context);
	return -1;
}
