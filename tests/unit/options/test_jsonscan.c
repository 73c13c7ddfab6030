/* jsonscan.c: which texts are JSON, and the places and messages of errors. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "options/jsonscan.h"

struct refuse_row {
	const char *text;
	size_t at;         /* the offset of the error */
	const char *wrong; /* part of the error */
	size_t len;        /* of the text, if it holds a zero byte; else 0 */
};

static void check_refused(const struct refuse_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = 999, len = rows[i].len ? rows[i].len : strlen(rows[i].text);
		/* A copy without the NUL, so that the sanitizer notices a read past the end. */
		char *text = memcpy(alloc_zero(len, 1), rows[i].text, len);
		struct error err = {0};

		check_int(rows[i].text, jsonscan_run(text, len, NULL, NULL, &at, &err), -1);
		check_has(rows[i].text, err.text, rows[i].wrong);
		check_int(rows[i].text, at, rows[i].at);
		free(text);
	}
}

static void test_structure_is_refused(void **state)
{
	static const struct refuse_row rows[] = {
		{"", 0, "the text is empty; write a value, such as {}", 0},
		{" \r\n\t", 4, "the text is empty", 0},
		{"\xef\xbb\xbf", 3, "the text is empty", 0},
		{"\xef\xbb\xbf\xef\xbb\xbf{}", 3, "U+FEFF is not expected here", 0},
		{"{", 1, "the text ends too early; write a key in double quotes", 0},
		{"[", 1, "the text ends too early; write a value", 0},
		{"{\"a\"", 4, "the text ends too early; write ':' and a value", 0},
		{"{\"a\":", 5, "the text ends too early; write a value", 0},
		{"{\"a\":1", 6, "the text ends too early; write ',' or '}'", 0},
		{"{\"a\":1,", 7, "the text ends too early; write a key in double quotes", 0},
		{"[1", 2, "the text ends too early; write ',' or ']'", 0},
		{"[1,", 3, "the text ends too early; write a value", 0},
		{"{\"a\":1, }", 6, "nothing follows this ','; remove it", 0},
		{"[1 ,]", 3, "nothing follows this ','; remove it", 0},
		{"[,1]", 1, "',' is not expected here; write a value", 0},
		{"[1,,2]", 3, "',' is not expected here; write a value", 0},
		{"[1 2]", 3, "'2' is not expected here; write ',' or ']'", 0},
		{"{\"a\":1 \"b\":2}", 7, "'\"' is not expected here; write ',' or '}'", 0},
		{"{\"a\" 1}", 5, "'1' is not expected here; write ':' and a value", 0},
		{"{\"a\":}", 5, "'}' is not expected here; write a value", 0},
		{"[1}", 2, "'}' is not expected here; write ',' or ']'", 0},
		{"{a:1}", 1, "'a' is not expected here; write a key in double quotes", 0},
		{"{'a':1}", 1, "\"'\" is not expected here; write a key in double quotes", 0},
		{"{1:1}", 1, "'1' is not expected here; write a key in double quotes", 0},
		{"[\xe2\x80\x9c"
		 "db\xe2\x80\x9d]",
		 1, "U+201C is not expected here; write a value", 0},
		{"[\xff]", 1, "this byte is not UTF-8; write a value", 0},
		{"[\xc2\xa0"
		 "1]",
		 1, "U+00A0 is not expected here", 0},
		{"[\v1]", 1, "U+000B is not expected here", 0},
		{"// targets\n{}", 0, "JSON has no comments; remove it", 0},
		{"{} # end", 3, "JSON has no comments; remove it", 0},
		{"{}\n{}", 3, "'{' is not expected here; write nothing after the value", 0},
		{"[1]]", 3, "']' is not expected here; write nothing after the value", 0},
		{"{}\0", 2, "U+0000 is not expected here; write nothing after the value", 3},
		{"[\0]", 1, "U+0000 is not expected here; write a value", 3},
	};

	(void)state;
	check_refused(rows, COUNT(rows));
}

/* cJSON accepts more than half of these and changes them (in 1.7.19, truest is true, 010 is 10 and 1-2 is 1). */
static void test_words_and_numbers_are_refused(void **state)
{
	static const struct refuse_row rows[] = {
		{"nul", 0, "'n' is not expected here; write a value", 0},
		{"True", 0, "'T' is not expected here; write a value: {...}, [...], \"text\", a number, true, false",
		 0},
		{"NaN", 0, "'N' is not expected here", 0},
		{"truest", 4, "'s' is not expected here; write nothing after the value", 0},
		{"[010]", 1, "a number must not begin with 0; write 10 for 010", 0},
		{"-01", 1, "a number must not begin with 0", 0},
		{"00", 0, "a number must not begin with 0", 0},
		{"+1", 0, "'+' is not expected here", 0},
		{".5", 0, "'.' is not expected here", 0},
		{"-", 1, "the text ends too early; write a digit", 0},
		{"-x", 1, "'x' is not expected here; write a digit", 0},
		{"1.", 2, "the text ends too early; write a digit", 0},
		{"1.e5", 2, "'e' is not expected here; write a digit", 0},
		{"1e", 2, "the text ends too early; write a digit", 0},
		{"1e+]", 3, "']' is not expected here; write a digit", 0},
		{"1-2", 1, "'-' is not expected here; write nothing after the value", 0},
		{"0x10", 1, "'x' is not expected here; write nothing after the value", 0},
		{"1.5.5", 3, "'.' is not expected here; write nothing after the value", 0},
	};

	(void)state;
	check_refused(rows, COUNT(rows));
}

static void test_strings_are_refused(void **state)
{
	static const struct refuse_row rows[] = {
		{"[\"abc", 1, "this string has no end on its line; write '\"' after it", 0},
		{"[\"abc\n\"]", 1, "this string has no end on its line", 0},
		{"[\"abc\r\n\"]", 1, "this string has no end on its line", 0},
		{"{\"abc", 1, "this string has no end on its line", 0},
		{"\"abc\\\"", 0, "this string has no end on its line", 0},
		{"\"a\tb\"", 2, "a control character in a string; write \\u0009", 0},
		{"\"a\x1f\"", 2, "a control character in a string; write \\u001f", 0},
		{"\"a\0b\"", 2, "a zero byte in a string; remove it", 5},
		{"\"a\\", 2, "JSON does not have this escape; write \\\\ for a '\\' in a string", 0},
		{"\"C:\\dir\"", 3, "JSON does not have this escape", 0},
		{"\"\\'\"", 1, "JSON does not have this escape", 0},
		{"\"\\\0\"", 1, "JSON does not have this escape", 4},
		{"\"\\u12", 1, "\\u is not complete; write four hexadecimal digits", 0},
		{"\"\\u12g4\"", 1, "\\u is not complete", 0},
		{"\"\\u+123\"", 1, "\\u is not complete", 0},
		{"\"ab\\u0000\"", 3, "\\u0000 ends a string for most programs; remove it", 0},
		{"{\"\\u0000\":1}", 2, "\\u0000 ends a string for most programs", 0},
		{"\"\\ud83d\"", 1, "half of a character", 0},
		{"\"\\ud83dx\"", 1, "half of a character", 0},
		{"\"\\ud83d\\n\"", 1, "half of a character", 0},
		{"\"\\ud83d\\ud83d\"", 1, "half of a character", 0},
		{"\"\\udc18\"", 1, "half of a character", 0},
		{"\"caf\xe9\"", 4, "this byte is not UTF-8; write the text in UTF-8", 0},
		{"\"\xe2\x82\"", 1, "this byte is not UTF-8", 0},
	};

	(void)state;
	check_refused(rows, COUNT(rows));
}

/* A string may be a password: errors show at most one character, and only one outside of strings. */
static void test_no_error_shows_a_string(void **state)
{
	static const char *const rows[] = {
		"{\"password\":\"hunter2",
		"{\"password\":\"hunter2\n\"}",
		"{\"password\":\"hunter2\\q\"}",
		"{\"password\":\"hunter2\"x",
		"{\"password\":'hunter2'}",
		"{\"password\":hunter2}",
		"{\"password\":\"hunter2\\u0000\"}",
		"{\"password\":\"hunter2\xff\"}",
		"{\"password\":\"hunter2\" \"hunter2\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		size_t at;

		check_int(rows[i], jsonscan_run(rows[i], strlen(rows[i]), NULL, NULL, &at, &err), -1);
		check_lacks(rows[i], err.text, "hu");
	}
}

static void note_value(void *arg, size_t key, size_t value)
{
	char *text = key == JSONSCAN_NO_KEY ? alloc_format("%zu ", value) : alloc_format("%zu:%zu ", key, value);

	buf_add_text(arg, text);
	free(text);
}

struct taken_row {
	const char *text;
	const char *values; /* "KEY:VALUE " or "VALUE ", offsets in the order of the text */
};

/* cJSON accepts each text that the scan accepts; jsontext.c relies on it. */
static void test_taken(void **state)
{
	static const struct taken_row rows[] = {
		{"{}", "0 "},
		{" [ ] ", "1 "},
		{"\xef\xbb\xbf[1]", "3 4 "},
		{"\r\n\t 0", "4 "},
		{"-0", "0 "},
		{"-0.0e-0", "0 "},
		{"[10,1.5,1E5,1e+05,-1.25e-3]", "0 1 4 8 12 18 "},
		{"1e999", "0 "},
		{"123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890", "0 "},
		{"[true,false,null]", "0 1 6 12 "},
		{"\"\"", "0 "},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDC18\x7f\xf0\x9f\x90\x98\"", "0 "},
		{"{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":3}", "0 1:5 6:10 11 13 14:18 23:27 "},
		{"{ \"a\" : 1 , \"\" : \"}\" }", "0 2:8 12:17 "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t at, len = strlen(rows[i].text);
		struct buf values = {0};
		struct error err = {0};
		char *text = memcpy(alloc_zero(len, 1), rows[i].text, len);
		cJSON *root = cJSON_Parse(rows[i].text);

		check_int(rows[i].text, jsonscan_run(text, len, note_value, &values, &at, &err), 0);
		check_text(rows[i].text, err.text, "");
		check_text(rows[i].text, values.data, rows[i].values);
		check(rows[i].text, root != NULL);
		cJSON_Delete(root);
		buf_release(&values);
		free(text);
	}
}

static void test_no_beginning_of_an_object_is_one(void **state)
{
	static const char text[] =
		"{\"a\":[1,-2.5e3,\"\\u00e9\\ud83d\\udc18\\n\xc3\xa9\",{\"b\":null}],\"c\":{\"d\":[]}}";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *part = memcpy(alloc_zero(len, 1), text, len);
		struct error err = {0};
		size_t at = 999;

		check_int(text, jsonscan_run(part, len, NULL, NULL, &at, &err), -1);
		check(text, at <= len);
		free(part);
	}
}

/* Returns "[[...]]" with that many levels. The caller's. */
static char *nested(size_t levels)
{
	char *text = alloc_zero(2 * levels + 1, 1);

	memset(text, '[', levels);
	memset(text + levels, ']', levels);
	return text;
}

static void test_levels(void **state)
{
	char *most = nested(CJSON_NESTING_LIMIT), *more = nested(CJSON_NESTING_LIMIT + 1);
	cJSON *root = cJSON_Parse(most);
	struct error err = {0};
	size_t at = 0;

	(void)state;
	check("cJSON descends as far", root != NULL && !cJSON_Parse(more));
	check_int("most", jsonscan_run(most, strlen(most), NULL, NULL, &at, &err), 0);
	check_int("more", jsonscan_run(more, strlen(more), NULL, NULL, &at, &err), -1);
	check_has("more", err.text, "nested too deeply");
	check_int("more", at, CJSON_NESTING_LIMIT);
	cJSON_Delete(root);
	free(most);
	free(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure_is_refused),
		cmocka_unit_test(test_words_and_numbers_are_refused),
		cmocka_unit_test(test_strings_are_refused),
		cmocka_unit_test(test_no_error_shows_a_string),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_no_beginning_of_an_object_is_one),
		cmocka_unit_test(test_levels),
	};

	return unit_main(tests);
}
