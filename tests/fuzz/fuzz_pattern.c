/*
 * Regular expressions. The input is one in a line, and the data. Where the C library understands the same expression
 * it finds the same; and a match stays one whatever follows.
 * Covers: src/base/pattern.c src/base/steps.c src/base/escape.c
 */
#include "fuzz.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pattern.h"

/* The C library takes a minute for some expressions, and does not know the escapes. */
enum { TEXT_MAX = 24, DATA_MAX = 64, NESTED_MAX = 2 };

static bool is_comparable(const char *text, const struct fuzz *data)
{
	size_t nested = 0;

	for (const char *c = text; *c; c++)
		nested += *c == '{' || *c == '(';
	return strlen(text) <= TEXT_MAX && data->left <= DATA_MAX && nested <= NESTED_MAX && !strchr(text, '\\') &&
	       !memchr(data->at, 0, data->left);
}

static void compare(const char *text, const struct fuzz *data, bool found)
{
	char *line = alloc_slice(data->at, data->left);
	regex_t expression;

	if (regcomp(&expression, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0) {
		fuzz_check((regexec(&expression, line, 0, NULL, 0) == 0) == found, text);
		regfree(&expression);
	}
	free(line);
}

void fuzz_one(struct fuzz *in)
{
	char *text = fuzz_line(in);
	struct error err = {0};
	struct pattern *pattern = text ? pattern_new(text, &err) : NULL;
	bool found, early, earlier = false;

	if (!pattern) {
		fuzz_check(!text || err.set, text);
		free(text);
		return;
	}
	found = pattern_finds(pattern, in->at, in->left, true);
	early = pattern_finds(pattern, in->at, in->left, false);
	for (size_t len = 0; len <= in->left && len <= DATA_MAX; len++) {
		bool now = pattern_finds(pattern, in->at, len, false);

		fuzz_check(now || !earlier, text);
		earlier = now;
	}
	fuzz_check(found || !early, text);
	fuzz_check(early || !earlier, text);
	if (is_comparable(text, in))
		compare(text, in, found);
	pattern_free(pattern);
	free(text);
}
