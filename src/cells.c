#include "cells.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "utf8.h"

/* From the first to the last: what is wide, or is so on some terminals, roughly (Unicode's East Asian Width). */
struct cells_range {
	uint32_t first, last;
};

static const struct cells_range cells_wide[] = {
	{0x1100, 0x115f}, {0x231a, 0x23ff}, {0x2600, 0x27bf}, {0x2b00, 0x2bff}, {0x2e80, 0xa4cf},   {0xa960, 0xa97f},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0x10ffff},
};

enum { CELLS_RANGES = sizeof(cells_wide) / sizeof(cells_wide[0]) };

/*
 * Those of the second kind (U+0080 to U+009F) are C2 80 to C2 9F in UTF-8, or such a byte alone for a terminal that
 * knows no UTF-8.
 */
void cells_clean(char *text, size_t len)
{
	unsigned char before = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool second_kind = c >= 0x80 && c < 0xa0 && (before < 0x80 || before == 0xc2);

		if (c < 0x20 || c == 0x7f || second_kind)
			text[i] = '?';
		if (second_kind && before == 0xc2)
			text[i - 1] = '?';
		before = second_kind ? 0 : c;
	}
}

char *cells_copy(const char *text)
{
	char *copy = alloc_text(text);
	size_t len = strlen(copy), taken;

	cells_clean(copy, len);
	for (size_t i = 0; i < len; i += taken) {
		taken = utf8_decode(copy + i, len - i, NULL);
		if (taken == 0) {
			copy[i] = '?';
			taken = 1;
		}
	}
	return copy;
}

/* Of the first character; *len is set to its bytes. */
static int cells_of_first(const char *text, size_t *len)
{
	uint32_t code = 0;

	*len = utf8_decode(text, strnlen(text, 4), &code);
	if (*len == 0) {
		*len = 1;
		return 1;
	}
	for (size_t i = 0; i < CELLS_RANGES; i++)
		if (code >= cells_wide[i].first && code <= cells_wide[i].last)
			return 2;
	return 1;
}

int cells_count(const char *text)
{
	int count = 0;
	size_t len;

	for (; *text; text += len)
		count += cells_of_first(text, &len);
	return count;
}

/* How many bytes at the beginning of text take at most that many cells. */
static size_t cells_prefix(const char *text, int cells)
{
	size_t total = 0, len;

	while (text[total]) {
		cells -= cells_of_first(text + total, &len);
		if (cells < 0)
			break;
		total += len;
	}
	return total;
}

char *cells_cut(const char *text, int cells, int tail)
{
	static const char dots[] = "...";
	enum { DOTS = sizeof(dots) - 1 };
	struct buf cut = {0};
	const char *end = text;
	int over;
	size_t len;

	if (cells_count(text) <= cells)
		return alloc_text(text);
	if (cells <= DOTS)
		return alloc_slice(text, cells_prefix(text, cells));
	if (tail > cells - DOTS)
		tail = cells - DOTS;
	for (over = cells_count(text) - tail; over > 0; end += len)
		over -= cells_of_first(end, &len);
	buf_add(&cut, text, cells_prefix(text, cells - DOTS - tail));
	buf_add_text(&cut, dots);
	buf_add_text(&cut, end);
	return buf_detach(&cut);
}
