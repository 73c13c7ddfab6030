#include "base/cells.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

/* A range, both ends included, of characters that are wide on some terminals; roughly Unicode's East Asian Width. */
struct cells_range {
	uint32_t first, last;
};

static const struct cells_range cells_wide[] = {
	{0x1100, 0x115f}, {0x231a, 0x23ff}, {0x2600, 0x27bf}, {0x2b00, 0x2bff}, {0x2e80, 0xa4cf},   {0xa960, 0xa97f},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0x10ffff},
};

enum { CELLS_RANGES = sizeof(cells_wide) / sizeof(cells_wide[0]) };

void cells_clean(char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t code = 0;
		size_t taken = utf8_decode(text + i, len - i, &code);

		/* A terminal without UTF-8 may take an invalid byte for a control character. */
		if (taken == 0 || utf8_is_control(code))
			memset(text + i, '?', taken ? taken : 1);
		i += taken ? taken : 1;
	}
}

char *cells_copy(const char *text)
{
	char *copy = alloc_text(text);

	cells_clean(copy, strlen(copy));
	return copy;
}

/* Returns the cells that the first character of text takes. Sets *len to its length in bytes. */
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

/* Returns the length in bytes of the longest beginning of text that fits into `cells` cells. */
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

size_t cells_wrap(const char *text, int cells)
{
	size_t fits = cells_prefix(text, cells), words = fits;

	while (words > 0 && text[words] && text[words] != ' ')
		words--;
	return words ? words : fits;
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
