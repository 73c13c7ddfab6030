/* utf8.c: valid characters, and bytes that are not. */
#include "unit.h"

#include <string.h>

#include "base/utf8.h"

struct character_row {
	const char *row, *bytes;
	size_t len; /* of the first character; 0: none begins there */
	uint32_t code;
};

/* The first and the last character of each length, and those beside the surrogates (RFC 3629, 3 and 4). */
static void test_characters(void **state)
{
	static const struct character_row rows[] = {
		{"U+0001", "\x01", 1, 0x1},
		{"U+007F", "\x7f", 1, 0x7f},
		{"U+0080", "\xc2\x80", 2, 0x80},
		{"U+07FF", "\xdf\xbf", 2, 0x7ff},
		{"U+0800", "\xe0\xa0\x80", 3, 0x800},
		{"U+D7FF", "\xed\x9f\xbf", 3, 0xd7ff},
		{"U+E000", "\xee\x80\x80", 3, 0xe000},
		{"U+FFFF", "\xef\xbf\xbf", 3, 0xffff},
		{"U+10000", "\xf0\x90\x80\x80", 4, 0x10000},
		{"U+10FFFF", "\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"more follows", "\xc3\xa9\xc3\xa9", 2, 0xe9},
		{"rubbish follows", "a\xff", 1, 'a'},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t code = 0xffffffff;

		check_int(rows[i].row, utf8_decode(rows[i].bytes, strlen(rows[i].bytes), &code), rows[i].len);
		check_int(rows[i].row, code, rows[i].code);
		check_int(rows[i].row, utf8_decode(rows[i].bytes, strlen(rows[i].bytes), NULL), rows[i].len);
		check_int(rows[i].row, utf8_decode(rows[i].bytes, rows[i].len - 1, NULL), 0);
	}
}

static void test_no_characters(void **state)
{
	static const struct character_row rows[] = {
		{.row = "a continuation", .bytes = "\x80"},
		{.row = "the last continuation", .bytes = "\xbf"},
		{.row = "overlong '/'", .bytes = "\xc0\xaf"},
		{.row = "overlong U+007F", .bytes = "\xc1\xbf"},
		{.row = "overlong U+07FF", .bytes = "\xe0\x9f\xbf"},
		{.row = "overlong U+FFFF", .bytes = "\xf0\x8f\xbf\xbf"},
		{.row = "the first surrogate", .bytes = "\xed\xa0\x80"},
		{.row = "the last surrogate", .bytes = "\xed\xbf\xbf"},
		{.row = "U+110000", .bytes = "\xf4\x90\x80\x80"},
		{.row = "the largest of four bytes", .bytes = "\xf7\xbf\xbf\xbf"},
		{.row = "of five bytes", .bytes = "\xf8\x88\x80\x80\x80"},
		{.row = "0xfe", .bytes = "\xfe"},
		{.row = "0xff", .bytes = "\xff"},
		{.row = "no continuation", .bytes = "\xc3("},
		{.row = "one continuation too few", .bytes = "\xe2\x82("},
		{.row = "a lead in place of a continuation", .bytes = "\xc3\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].row, utf8_decode(rows[i].bytes, strlen(rows[i].bytes), NULL), 0);
	check_int("no byte", utf8_decode("a", 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_no_characters),
	};

	return unit_main(tests);
}
