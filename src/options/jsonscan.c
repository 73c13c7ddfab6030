#include "options/jsonscan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/utf8.h"

/* The state while a text is scanned. `at` is the present offset; after a failure it is the offset of the error. */
struct jsonscan {
	const char *text;
	size_t len;
	size_t at;
	unsigned depth;
	void (*visit)(void *arg, size_t key, size_t value);
	void *arg;
	struct error *err;
};

static int jsonscan_value(struct jsonscan *scan, size_t key);

/* Returns the byte `ahead` bytes after the present one; -1 past the end. */
static int jsonscan_peek(const struct jsonscan *scan, size_t ahead)
{
	return scan->len - scan->at > ahead ? (unsigned char)scan->text[scan->at + ahead] : -1;
}

/* Sets the error and its offset. */
static int jsonscan_refuse(struct jsonscan *scan, size_t at, const char *wrong)
{
	scan->at = at;
	return errors_set(scan->err, "%s", wrong);
}

/* Refuses the present character; wanted says what to write in its place. */
static int jsonscan_refuse_here(struct jsonscan *scan, const char *wanted)
{
	int c = jsonscan_peek(scan, 0);
	const char *quote = c == '\'' ? "\"" : "'";
	uint32_t code;

	if (c < 0)
		return errors_set(scan->err, "the text ends too early; write %s", wanted);
	if (c == '/' || c == '#')
		return errors_set(scan->err, "JSON has no comments; remove it, or write %s", wanted);
	if (isprint(c))
		return errors_set(scan->err, "%s%c%s is not expected here; write %s", quote, c, quote, wanted);
	if (!utf8_decode(scan->text + scan->at, scan->len - scan->at, &code))
		return errors_set(scan->err, "this byte is not UTF-8; write %s", wanted);
	return errors_set(scan->err, "U+%04X is not expected here; write %s", (unsigned)code, wanted);
}

static void jsonscan_skip_space(struct jsonscan *scan)
{
	while (jsonscan_peek(scan, 0) > 0 && strchr(" \t\r\n", jsonscan_peek(scan, 0)))
		scan->at++;
}

/* Returns the value XXXX of the "\uXXXX" that is `ahead` bytes after the present one; -1 if there is none. */
static long jsonscan_unit(const struct jsonscan *scan, size_t ahead)
{
	char digits[5] = "";

	if (jsonscan_peek(scan, ahead) != '\\' || jsonscan_peek(scan, ahead + 1) != 'u')
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int c = jsonscan_peek(scan, ahead + 2 + i);

		if (c < 0 || !isxdigit(c))
			return -1;
		digits[i] = (char)c;
	}
	return strtol(digits, NULL, 16);
}

static int jsonscan_unicode_escape(struct jsonscan *scan)
{
	long unit = jsonscan_unit(scan, 0), second = jsonscan_unit(scan, 6);
	bool is_pair = unit >= 0xd800 && unit <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;

	if (unit < 0)
		return jsonscan_refuse(scan, scan->at, "\\u is not complete; write four hexadecimal digits after it");
	if (unit == 0)
		return jsonscan_refuse(scan, scan->at, "\\u0000 ends a string for most programs; remove it");
	if (unit >= 0xd800 && unit <= 0xdfff && !is_pair)
		return jsonscan_refuse(scan, scan->at,
				       "this is one half of a character; write both halves, as in \\ud83d\\udc18, or "
				       "the character itself");
	scan->at += is_pair ? 12 : 6;
	return 0;
}

static int jsonscan_escape(struct jsonscan *scan)
{
	int c = jsonscan_peek(scan, 1);

	if (c == 'u')
		return jsonscan_unicode_escape(scan);
	if (c <= 0 || !strchr("\"\\/bfnrt", c))
		return jsonscan_refuse(scan, scan->at,
				       "JSON does not have this escape; write \\\\ for a '\\' in a string");
	scan->at += 2;
	return 0;
}

/* Reads one character of a string that is not an escape. */
static int jsonscan_plain(struct jsonscan *scan)
{
	int c = jsonscan_peek(scan, 0);
	size_t len = utf8_decode(scan->text + scan->at, scan->len - scan->at, NULL);

	if (c == 0)
		return jsonscan_refuse(scan, scan->at, "a zero byte in a string; remove it");
	if (c < 0x20)
		return errors_set(scan->err, "a control character in a string; write \\u%04x", (unsigned)c);
	if (!len)
		return jsonscan_refuse(scan, scan->at, "this byte is not UTF-8; write the text in UTF-8");
	scan->at += len;
	return 0;
}

static int jsonscan_string(struct jsonscan *scan)
{
	size_t start = scan->at++;
	int c;

	while ((c = jsonscan_peek(scan, 0)) != '"') {
		if (c < 0 || c == '\n' || c == '\r')
			return jsonscan_refuse(scan, start,
					       "this string has no end on its line; write '\"' after it, and \\n for "
					       "a line break in it");
		if (c == '\\' ? jsonscan_escape(scan) : jsonscan_plain(scan))
			return -1;
	}
	scan->at++;
	return 0;
}

static int jsonscan_digits(struct jsonscan *scan)
{
	if (jsonscan_peek(scan, 0) < 0 || !isdigit(jsonscan_peek(scan, 0)))
		return jsonscan_refuse_here(scan, "a digit");
	while (jsonscan_peek(scan, 0) > 0 && isdigit(jsonscan_peek(scan, 0)))
		scan->at++;
	return 0;
}

static int jsonscan_number(struct jsonscan *scan)
{
	size_t start;

	if (jsonscan_peek(scan, 0) == '-')
		scan->at++;
	start = scan->at;
	if (jsonscan_digits(scan))
		return -1;
	if (scan->text[start] == '0' && scan->at > start + 1)
		return jsonscan_refuse(scan, start, "a number must not begin with 0; write 10 for 010");
	if (jsonscan_peek(scan, 0) == '.') {
		scan->at++;
		if (jsonscan_digits(scan))
			return -1;
	}
	if (jsonscan_peek(scan, 0) == 'e' || jsonscan_peek(scan, 0) == 'E') {
		scan->at++;
		if (jsonscan_peek(scan, 0) == '+' || jsonscan_peek(scan, 0) == '-')
			scan->at++;
		return jsonscan_digits(scan);
	}
	return 0;
}

static int jsonscan_word(struct jsonscan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (scan->len - scan->at >= len && memcmp(scan->text + scan->at, words[i], len) == 0) {
			scan->at += len;
			return 0;
		}
	}
	return jsonscan_refuse_here(scan, "a value: {...}, [...], \"text\", a number, true, false or null");
}

static int jsonscan_member(struct jsonscan *scan)
{
	size_t key = scan->at;

	if (jsonscan_peek(scan, 0) != '"')
		return jsonscan_refuse_here(scan, "a key in double quotes");
	if (jsonscan_string(scan))
		return -1;
	jsonscan_skip_space(scan);
	if (jsonscan_peek(scan, 0) != ':')
		return jsonscan_refuse_here(scan, "':' and a value");
	scan->at++;
	jsonscan_skip_space(scan);
	return jsonscan_value(scan, key);
}

/* Reads the members of an object or array that is not empty, up to `close`, which is not read. */
static int jsonscan_items(struct jsonscan *scan, char close)
{
	size_t comma;

	for (;;) {
		if (close == '}' ? jsonscan_member(scan) : jsonscan_value(scan, JSONSCAN_NO_KEY))
			return -1;
		jsonscan_skip_space(scan);
		if (jsonscan_peek(scan, 0) == close)
			return 0;
		if (jsonscan_peek(scan, 0) != ',')
			return jsonscan_refuse_here(scan, close == '}' ? "',' or '}'" : "',' or ']'");
		comma = scan->at++;
		jsonscan_skip_space(scan);
		if (jsonscan_peek(scan, 0) == close)
			return jsonscan_refuse(scan, comma, "nothing follows this ','; remove it");
	}
}

static int jsonscan_container(struct jsonscan *scan, char close)
{
	if (++scan->depth > CJSON_NESTING_LIMIT)
		return errors_set(scan->err, "nested too deeply; write at most %d levels", CJSON_NESTING_LIMIT);
	scan->at++;
	jsonscan_skip_space(scan);
	if (jsonscan_peek(scan, 0) != close && jsonscan_items(scan, close))
		return -1;
	scan->at++;
	scan->depth--;
	return 0;
}

static int jsonscan_value(struct jsonscan *scan, size_t key)
{
	int c = jsonscan_peek(scan, 0);

	if (scan->visit)
		scan->visit(scan->arg, key, scan->at);
	if (c == '{' || c == '[')
		return jsonscan_container(scan, c == '{' ? '}' : ']');
	if (c == '"')
		return jsonscan_string(scan);
	return c == '-' || (c > 0 && isdigit(c)) ? jsonscan_number(scan) : jsonscan_word(scan);
}

/* Reads one value and checks that nothing follows it. */
static int jsonscan_document(struct jsonscan *scan)
{
	jsonscan_skip_space(scan);
	if (scan->at == scan->len)
		return jsonscan_refuse(scan, scan->at, "the text is empty; write a value, such as {}");
	if (jsonscan_value(scan, JSONSCAN_NO_KEY))
		return -1;
	jsonscan_skip_space(scan);
	return scan->at < scan->len ? jsonscan_refuse_here(scan, "nothing after the value") : 0;
}

int jsonscan_run(const char *text, size_t len, void (*visit)(void *arg, size_t key, size_t value), void *arg,
		 size_t *at, struct error *err)
{
	struct jsonscan scan = {.text = text, .len = len, .visit = visit, .arg = arg, .err = err};

	scan.at = jsonscan_mark_length(text, len);
	if (!jsonscan_document(&scan))
		return 0;
	*at = scan.at;
	return -1;
}

size_t jsonscan_mark_length(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}
