#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* For an absurd size the sanitizer would end with a report. This makes it return NULL, as the C library does. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_zero(void **state)
{
	unsigned char *memory = alloc_zero(100, 3), *nothing = alloc_zero(0, 8);

	(void)state;
	for (int i = 0; i < 300; i++)
		check_int("byte", memory[i], 0);
	check("none asked for", nothing != NULL);
	free(nothing);
	free(memory);
}

static void test_resize(void **state)
{
	char *memory = alloc_resize(NULL, 4, 1);

	(void)state;
	memcpy(memory, "abc", 4);
	memory = alloc_resize(memory, 2000, 4);
	check_text("grown", memory, "abc");
	memset(memory, 'x', 8000);
	memory = alloc_resize(memory, 2, 1);
	check_int("shrunk", memory[1], 'x');
	memory = alloc_resize(memory, 0, 1);
	check("to nothing", memory != NULL);
	free(memory);
}

static void test_texts(void **state)
{
	char *copy = alloc_text("text"), *slice = alloc_slice("text", 2), *none = alloc_slice("text", 0);
	char *format = alloc_format("%s_%d", "PORT", 5432), long_text[3000], *long_format;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	long_format = alloc_format("%s", long_text);
	check_text("text", copy, "text");
	check_text("slice", slice, "te");
	check_text("empty slice", none, "");
	check_text("format", format, "PORT_5432");
	check_text("long format", long_format, long_text);
	check("NULL", alloc_text(NULL) == NULL);
	free(copy);
	free(slice);
	free(none);
	free(format);
	free(long_format);
}

struct exhaust_row {
	const char *name;
	bool resize, check;
	size_t count, size;
};

static void exhaust(void *arg)
{
	const struct exhaust_row *row = arg;

	if (row->check)
		alloc_check(NULL);
	free(row->resize ? alloc_resize(NULL, row->count, row->size) : alloc_zero(row->count, row->size));
}

/* "Without memory the program exits with 125", and prints why (FACTS 40). */
static void test_no_memory(void **state)
{
	static const struct exhaust_row rows[] = {
		{"zero: too much", false, false, 1, SIZE_MAX / 4},
		{"zero: the product overflows", false, false, SIZE_MAX / 2, 4},
		{"resize: too much", true, false, 1, SIZE_MAX / 4},
		{"resize: the product overflows", true, false, SIZE_MAX / 2 + 2, 2},
		{"check: of a library's", false, true, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_child child;
		struct exhaust_row row = rows[i];

		unit_child_run(&child, exhaust, &row);
		check_int(row.name, child.code, 125);
		check_has(row.name, child.text, "waitfor: out of memory\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_no_memory),
	};

	return unit_main(tests);
}
