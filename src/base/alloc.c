#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * There is no memory left, so this uses neither malloc nor stdio. It calls _exit: abort as PID 1 ends with 139 (FACTS
 * 35).
 */
void *alloc_check(void *memory)
{
	static const char text[] = "waitfor: out of memory\n";

	if (!memory) {
		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			_exit(125);
		_exit(125);
	}
	return memory;
}

void *alloc_zero(size_t count, size_t size)
{
	return alloc_check(calloc(count ? count : 1, size));
}

void *alloc_resize(void *memory, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return alloc_check(NULL);
	return alloc_check(realloc(memory, count && size ? count * size : 1));
}

char *alloc_text(const char *text)
{
	return text ? alloc_slice(text, strlen(text)) : NULL;
}

char *alloc_slice(const char *text, size_t len)
{
	char *copy = alloc_zero(len + 1, 1);

	memcpy(copy, text, len);
	return copy;
}

char *alloc_format_list(const char *format, va_list args)
{
	char *text = NULL;
	int len = vasprintf(&text, format, args);

	return alloc_check(len < 0 ? NULL : text);
}

char *alloc_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = alloc_format_list(format, args);
	va_end(args);
	return text;
}
