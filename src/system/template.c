#include "system/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "system/expand.h"

/* Is it white space, or what stands around and behind a URL in a file? Most of these no URL has (RFC 3986, 2). */
static bool template_ends_word(char c)
{
	return (unsigned char)c <= ' ' || strchr("\"'`<>()[]{}|\\^;", c);
}

/* Returns the length of the word that begins at `at`; 0 if none does. A ${NAME:-default} is within a word. */
static size_t template_word_length(const char *at)
{
	const char *end = at;
	size_t depth = 0;

	while (*end && (depth || !template_ends_word(*end))) {
		if (end[0] == '$' && (end[1] == '$' || end[1] == '{')) {
			depth += end[1] == '{';
			end++;
		} else if (*end == '}') {
			depth--;
		}
		end++;
	}
	return (size_t)(end - at);
}

static size_t template_count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static int template_add_word(const struct env *env, const char *text, size_t len, struct buf *out, struct error *err)
{
	char *word, *expanded;
	int failed;

	if (!memchr(text, '$', len)) {
		buf_add(out, text, len);
		return 0;
	}
	word = alloc_slice(text, len);
	failed = expand_word(env, word, &expanded, err);
	free(word);
	if (failed)
		return -1;
	buf_add_text(out, expanded);
	free(expanded);
	return 0;
}

int template_expand(const struct env *env, const char *text, struct buf *out, struct error *err)
{
	size_t line = 1;

	while (*text) {
		size_t word = template_word_length(text), len = word ? word : 1;

		if (template_add_word(env, text, len, out, err))
			return errors_prefix(err, "line %zu", line);
		line += template_count_lines(text, len);
		text += len;
	}
	return 0;
}
