#include "base/errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Of a text that is too long both ends are kept: the culprit is named at its beginning, and the fix at its end. */
static void errors_keep(struct error *err, const char *text)
{
	static const char cut[] = "...";
	size_t len = strlen(text), mark = sizeof(cut) - 1, half = (sizeof(err->text) - sizeof(cut)) / 2;

	if (len < sizeof(err->text)) {
		memcpy(err->text, text, len + 1);
	} else {
		memcpy(err->text, text, half);
		memcpy(err->text + half, cut, mark);
		memcpy(err->text + half + mark, text + len - half, half + 1);
	}
	err->set = true;
}

int errors_set(struct error *err, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = alloc_format_list(format, args);
	va_end(args);
	errors_keep(err, text);
	free(text);
	return -1;
}

int errors_prefix(struct error *err, const char *format, ...)
{
	va_list args;
	char *context, *text;

	va_start(args, format);
	context = alloc_format_list(format, args);
	va_end(args);
	text = alloc_format("%s: %s", context, err->text);
	errors_keep(err, text);
	free(context);
	free(text);
	return -1;
}
