/*
 * ${NAME} in words and in files. The input is lines with variables, an empty line, and the text. No default is quoted
 * in an error, and what has no '$' stays as it is.
 * Covers: src/system/expand.c src/system/template.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "system/expand.h"
#include "system/template.h"

static void check_template(const struct env *env, const char *text)
{
	struct error err = {0};
	struct buf out = {0};

	if (template_expand(env, text, &out, &err))
		fuzz_check(err.set, text);
	else if (!strchr(text, '$'))
		fuzz_check(strcmp(out.data ? out.data : "", text) == 0, text);
	buf_release(&out);
}

static void check_text(const struct env *env, const char *text)
{
	char *expanded = NULL, *word = NULL;
	struct error err = {0}, other = {0};
	int failed = expand_variables(env, text, &expanded, &err);

	if (failed)
		fuzz_check(err.set && !expanded, text);
	else if (!strstr(text, "${"))
		fuzz_check(strcmp(expanded, text) == 0, expanded);
	if (expand_word(env, text, &word, &other) == 0 && !strstr(text, "$$"))
		fuzz_check(!failed && strcmp(word, expanded) == 0, word);
	free(expanded);
	free(word);
}

/* A default, and whatever else is in an expression that is refused, may be a password. */
static void check_secret(const struct env *env, const char *text)
{
	char *hidden = alloc_format("${NOT_SET%s%s",
				    text[strcspn(text, ":=?+-#%/!$}")] ? text + strcspn(text, ":=?+-#%/!$}") : ":-",
				    FUZZ_SECRET);
	struct error err = {0};
	char *expanded = NULL;

	if (expand_variables(env, hidden, &expanded, &err))
		fuzz_check_hidden(err.text);
	free(expanded);
	free(hidden);
}

void fuzz_one(struct fuzz *in)
{
	char *lines[FUZZ_LINES + 1], *text, *secret;
	struct env env;

	fuzz_lines(in, lines);
	text = fuzz_rest(in);
	while ((secret = strstr(text, FUZZ_SECRET))) /* it may not be a variable's name, which is quoted */
		*secret = 'x';
	env_copy(&env, lines);
	check_text(&env, text);
	check_template(&env, text);
	check_secret(&env, text);
	env_release(&env);
	free(text);
	fuzz_free_lines(lines);
}
