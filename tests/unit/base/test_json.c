/* json.c: what every JSON output shares. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"

#define BAD UTF8_REPLACEMENT

struct clean_row {
	const char *row, *text, *clean;
};

static void test_clean(void **state)
{
	static const struct clean_row rows[] = {
		{"nothing", "", ""},
		{"plain", "db:5432 \"up\" \\", "db:5432 \"up\" \\"},
		{"valid UTF-8 of each length", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98",
		 "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98"},
		{"the first and the last C0", "\x01 \x1f", "? ?"},
		{"a line break, a tab, an escape sequence", "a\r\nb\t\x1b[2J", "a??b??[2J"},
		{"DEL, and what is before it", "~\x7f", "~?"},
		{"the first and the last C1, and what is after it", "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0"},
		{"CSI as one character",
		 "\xc2\x9b"
		 "31m",
		 "?31m"},
		{"CSI as one byte",
		 "\x9b"
		 "31m",
		 BAD "31m"},
		{"a lone continuation",
		 "a\x80"
		 "b",
		 "a" BAD "b"},
		{"never in UTF-8", "\xfe\xff", BAD BAD},
		{"overlong '/': one for each byte", "\xc0\xaf", BAD BAD},
		{"overlong NUL of three bytes", "\xe0\x80\x80", BAD BAD BAD},
		{"a surrogate", "\xed\xa0\x80", BAD BAD BAD},
		{"above U+10FFFF", "\xf4\x90\x80\x80", BAD BAD BAD BAD},
		{"cut short before ASCII", "\xe2\x82x", BAD BAD "x"},
		{"cut short at the end", "x\xf0\x9f\x90", "x" BAD BAD BAD},
		{"cut short before a character", "\xe2\xc3\xa9", BAD "\xc3\xa9"},
		{"a control character in a broken one", "\xe2\n\x82", BAD "?" BAD},
		{"Latin-1", "caf\xe9 au lait", "caf" BAD " au lait"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *clean = json_clean(rows[i].text, 100);

		check_text(rows[i].row, clean, rows[i].clean);
		free(clean);
	}
}

struct cut_row {
	const char *text;
	size_t max;
	const char *clean;
};

/* U+FFFD has three bytes. At the limit it is kept or dropped as a whole. */
static void test_clean_cuts_between_characters(void **state)
{
	static const struct cut_row rows[] = {
		{"abc", 0, ""},
		{"abc", 2, "ab"},
		{"abc", 3, "abc"},
		{"a\xc3\xa9", 2, "a"},
		{"a\xc3\xa9", 3, "a\xc3\xa9"},
		{"a\xf0\x9f\x90\x98z", 4, "a"},
		{"a\xf0\x9f\x90\x98z", 5, "a\xf0\x9f\x90\x98"},
		{"\xff\xff", 2, ""},
		{"\xff\xff", 5, BAD},
		{"\xff\xff", 6, BAD BAD},
		{"\xc2\x80\xc2\x80", 1, "?"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *clean = json_clean(rows[i].text, rows[i].max);

		check_text(rows[i].text, clean, rows[i].clean);
		free(clean);
	}
}

struct add_row {
	const char *text, *line;
};

/* As RFC 8259, 7, escapes them. */
static void test_texts_in_a_line(void **state)
{
	static const struct add_row rows[] = {
		{NULL, "{\"text\":null,\"exact\":null}"},
		{"", "{\"text\":\"\",\"exact\":\"\"}"},
		{"a\n\"\\\xc3\xa9", "{\"text\":\"a?\\\"\\\\\xc3\xa9\",\"exact\":\"a\\n\\\"\\\\\xc3\xa9\"}"},
		{"\x01\x7f\xff", "{\"text\":\"??" BAD "\",\"exact\":\"\\u0001\x7f" BAD "\"}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cJSON *object = cJSON_CreateObject();
		char *line;

		json_add_text(object, "text", rows[i].text);
		json_add_exact(object, "exact", rows[i].text);
		line = json_line(object);
		check_text(rows[i].line, line, rows[i].line);
		free(line);
		cJSON_Delete(object);
	}
}

/* For every byte, and for every pair with a lead byte, cJSON reads back what json_clean returned. */
static void test_any_bytes_are_read_back(void **state)
{
	(void)state;
	for (unsigned pair = 0x100; pair <= 0xffff; pair++) {
		char bytes[] = {(char)(pair >> 8), (char)(pair & 0xff), 'z', '\0'};
		char *clean = json_clean(bytes, JSON_TEXT_MAX), *line;
		cJSON *object = cJSON_CreateObject(), *again;

		json_add_text(object, "text", bytes);
		line = json_line(object);
		again = cJSON_Parse(line);
		check_lacks("one line", line, "\n");
		check_text(line, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(again, "text")), clean);
		for (size_t at = 0, len; line[at]; at += len) {
			len = utf8_decode(line + at, strlen(line + at), NULL);
			check(line, len > 0);
		}
		cJSON_Delete(again);
		cJSON_Delete(object);
		free(line);
		free(clean);
	}
}

static void test_long_text_is_cut(void **state)
{
	char text[2 * JSON_TEXT_MAX];
	cJSON *object = cJSON_CreateObject();

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	json_add_text(object, "cut", text);
	json_add_exact(object, "exact", text);
	assert_int_equal(strlen(cJSON_GetObjectItemCaseSensitive(object, "cut")->valuestring), JSON_TEXT_MAX);
	assert_string_equal(cJSON_GetObjectItemCaseSensitive(object, "exact")->valuestring, text);
	cJSON_Delete(object);
}

struct whole_row {
	int64_t value;
	const char *line;
};

static void test_whole_numbers(void **state)
{
	static const struct whole_row rows[] = {
		{0, "{\"n\":0}"},
		{-1, "{\"n\":-1}"},
		{INT64_C(2147483648), "{\"n\":2147483648}"},
		{INT64_C(1000000000000000), "{\"n\":1000000000000000}"},
		{INT64_C(9007199254740993), "{\"n\":9007199254740993}"}, /* 2^53 + 1: a double cannot hold it */
		{INT64_MAX, "{\"n\":9223372036854775807}"},
		{INT64_MIN, "{\"n\":-9223372036854775808}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cJSON *object = cJSON_CreateObject();
		char *line;

		json_add_whole(object, "n", rows[i].value);
		line = json_line(object);
		check_text(rows[i].line, line, rows[i].line);
		free(line);
		cJSON_Delete(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_cuts_between_characters),
		cmocka_unit_test(test_texts_in_a_line),
		cmocka_unit_test(test_any_bytes_are_read_back),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_whole_numbers),
	};

	return unit_main(tests);
}
