/* cells.c: makes a text safe for a terminal, counts its cells and shortens it. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"

struct copy_row {
	const char *row, *text, *copy;
};

static void test_a_copy_is_clean(void **state)
{
	static const struct copy_row rows[] = {
		{"nothing", "", ""},
		{"plain", "db:5432 ~", "db:5432 ~"},
		{"a line feed, an escape, a delete", "a\nb\x1b[1mc\x7f", "a?b?[1mc?"},
		{"U+009B, an escape to some",
		 "a\xc2\x9b"
		 "1m",
		 "a??1m"},
		{"the byte 9B alone",
		 "a\x9b"
		 "1m",
		 "a?1m"},
		{"what turns the order of others",
		 "a\xe2\x80\xae"
		 "b\xe2\x81\xa6",
		 "a???b???"},
		{"what has no width, and line separators",
		 "a\xe2\x80\x8b\xe2\x80\xa8"
		 "b",
		 "a??????b"},
		{"two and three and four bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"Latin-1",
		 "d\xfc"
		 "e",
		 "d?e"},
		{"cut in a character", "d\xe2\x82", "d??"},
		{"overlong", "\xc0\xaf", "??"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = cells_copy(rows[i].text);

		check_text(rows[i].row, copy, rows[i].copy);
		free(copy);
	}
}

struct count_row {
	const char *row, *text;
	int cells;
};

static void test_cells(void **state)
{
	static const struct count_row rows[] = {
		{"nothing", "", 0},
		{"ASCII", "abc", 3},
		{"umlauts", "\xc3\xa4\xc3\xbc", 2},
		{"Chinese", "\xe4\xb8\xad\xe6\x96\x87", 4},
		{"a full-width letter", "\xef\xbc\xa1", 2},
		{"a smile", "\xf0\x9f\x98\x80", 2},
		{"quotes and dashes are as wide as letters", "\xe2\x80\x9c\xe2\x80\x93\xe2\x80\x9d", 3},
		{"a byte that is no character", "a\xff", 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].row, cells_count(rows[i].text), rows[i].cells);
}

struct cut_row {
	const char *row, *text;
	int cells, tail;
	const char *cut;
};

static void test_a_cut_text(void **state)
{
	static const struct cut_row rows[] = {
		{"it fits", "abcdef", 6, 0, "abcdef"},
		{"it does not", "abcdefg", 6, 0, "abc..."},
		{"one more than the dots", "abcdefg", 4, 0, "a..."},
		{"no room for the dots and more", "abcdefg", 3, 0, "abc"},
		{"one cell", "abcdefg", 1, 0, "a"},
		{"no cell", "abcdefg", 0, 0, ""},
		{"less than none", "abcdefg", -5, 2, ""},
		{"nothing in less than none", "", -1, 0, ""},
		{"the end stays", "abcdefghij", 8, 2, "abc...ij"},
		{"only the end stays", "abcdefghij", 5, 7, "...ij"},
		{"half a wide character is none", "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad", 5, 0, "\xe4\xb8\xad..."},
		{"nor at the end", "ab\xe4\xb8\xad\xe6\x96\x87", 5, 1, "a..."},
		{"a wide one for which one cell is left", "\xe4\xb8\xad\xe6\x96\x87", 1, 0, ""},
		{"no piece of a character", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4", 4, 0, "\xc3\xa4..."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *cut = cells_cut(rows[i].text, rows[i].cells, rows[i].tail);

		check_text(rows[i].row, cut, rows[i].cut);
		free(cut);
	}
}

struct wrap_row {
	const char *row, *text;
	int cells;
	size_t fits;
};

static void test_a_wrapped_text(void **state)
{
	static const struct wrap_row rows[] = {
		{"it fits", "one two", 7, 7},
		{"one cell too few", "one two", 6, 3},
		{"a word that just fits", "one two", 3, 3},
		{"as many words as fit", "one two three", 11, 7},
		{"part of a word", "one two", 2, 2},
		{"a blank first", " one", 3, 3},
		{"nothing", "", 5, 0},
		{"no cell", "one", 0, 0},
		{"less than none", "one", -1, 0},
		{"half a wide character is none", "\xe4\xb8\xad\xe6\x96\x87", 3, 3},
		{"cells are not bytes", "\xc3\xa4 \xc3\xb6\xc3\xbc", 3, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].row, (long)cells_wrap(rows[i].text, rows[i].cells), (long)rows[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_copy_is_clean),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_a_wrapped_text),
		cmocka_unit_test(test_a_cut_text),
	};

	return unit_main(tests);
}
