#include "base/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

void names_add(struct names *names, const char *text, size_t len, size_t number)
{
	if (names->count == names->room) {
		names->room = names->room ? 2 * names->room : 16;
		names->list = alloc_resize(names->list, names->room, sizeof(*names->list));
	}
	names->list[names->count++] = (struct names_entry){.text = text, .len = len, .number = number};
}

/* Compares two texts: negative if a comes first, 0 if they are equal. */
static int names_compare_text(const struct names_entry *a, const struct names_entry *b, bool any_case)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = any_case ? strncasecmp(a->text, b->text, len) : memcmp(a->text, b->text, len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int names_compare(const struct names_entry *a, const struct names_entry *b, bool any_case)
{
	int order = names_compare_text(a, b, any_case);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

static int names_compare_exact(const void *a, const void *b)
{
	return names_compare(a, b, false);
}

static int names_compare_any_case(const void *a, const void *b)
{
	return names_compare(a, b, true);
}

void names_sort(struct names *names)
{
	if (names->count > 1)
		qsort(names->list, names->count, sizeof(*names->list),
		      names->any_case ? names_compare_any_case : names_compare_exact);
}

size_t names_seek(const struct names *names, const char *text, size_t len)
{
	const struct names_entry sought = {.text = text, .len = len};
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names_compare_text(&names->list[middle], &sought, names->any_case) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t names_find(const struct names *names, const char *text, size_t len)
{
	const struct names_entry sought = {.text = text, .len = len};
	size_t at = names_seek(names, text, len);

	if (at == names->count || names_compare_text(&names->list[at], &sought, names->any_case) != 0)
		return NAMES_NONE;
	return names->list[at].number;
}

void names_release(struct names *names)
{
	free(names->list);
	*names = (struct names){.any_case = names->any_case};
}
