#include "settings/checks.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"
#include "system/expand.h"
#include "target/target.h"

/* A command that is being cut into words. */
struct checks_cut {
	const struct env *env;
	const char *at;
	struct buf word;
	bool any; /* a word has begun; it may be empty, as "" is */
	struct buf url;
	size_t words;
	char *program;
	struct error *err;
};

static bool checks_is_blank(char c)
{
	return c && strchr(" \t\r\n\v\f", c);
}

/* Ends the word. The first becomes the path of the URL, the others its parameters. */
static void checks_end_word(struct checks_cut *cut)
{
	char *word = buf_detach(&cut->word);

	if (cut->words++ == 0) {
		bool whole = word[0] == '/';

		cut->program = word;
		buf_add_text(&cut->url, "exec:///");
		percent_encode(&cut->url, word + whole);
		buf_add_text(&cut->url, whole ? "?" : "?search=path");
	} else {
		buf_add_text(&cut->url, "&arg=");
		percent_encode(&cut->url, word);
		free(word);
	}
	cut->any = false;
}

/* Adds the value of the ${...} at cut->at. In "host:${DB_PORT}" it is only the port, if a link has set the variable. */
static int checks_add_variable(struct checks_cut *cut)
{
	bool port = cut->word.len && cut->word.data[cut->word.len - 1] == ':';
	size_t len = 0, depth = 0;
	char *text, *value;
	int failed;

	do {
		depth += strncmp(cut->at + len, "${", 2) == 0;
		depth -= cut->at[len] == '}';
		len++;
	} while (depth && cut->at[len]);
	text = alloc_format("%s%.*s", port ? ":" : "", (int)len, cut->at);
	failed = expand_variables(cut->env, text, &value, cut->err);
	if (!failed) {
		buf_add_text(&cut->word, value + port);
		free(value);
	}
	free(text);
	cut->at += len;
	return failed;
}

/* Adds what is at cut->at, which is not quoted by ''. quoted: it is by "". */
static int checks_add_one(struct checks_cut *cut, bool quoted)
{
	static const char of_shell[] = "|&;<>()`\n";
	char next = cut->at[1];

	if (strncmp(cut->at, "${", 2) == 0)
		return checks_add_variable(cut);
	if (*cut->at == '$' && (isalnum((unsigned char)next) || next == '_' || next == '('))
		return errors_set(cut->err,
				  "a '$' needs a shell, which there may not be; write ${NAME} for a variable, \\$ for "
				  "the sign, or sh -c '...' for a command of a shell");
	if (!quoted && strchr(of_shell, *cut->at))
		return errors_set(cut->err,
				  "a '%c' needs a shell, which there may not be; write it in quotes, or "
				  "sh -c '...' for a command of a shell",
				  *cut->at);
	if (*cut->at == '\\' && next && (!quoted || strchr("\\\"$`", next)))
		cut->at++;
	buf_add(&cut->word, cut->at++, 1);
	return 0;
}

/* Adds the text between the quotes, the first of which is at cut->at. */
static int checks_add_quoted(struct checks_cut *cut)
{
	char quote = *cut->at++;

	while (*cut->at && *cut->at != quote) {
		if (quote == '"') {
			if (checks_add_one(cut, true))
				return -1;
			continue;
		}
		buf_add(&cut->word, cut->at++, 1);
	}
	if (!*cut->at++)
		return errors_set(cut->err, "a %c has no other; write one that stands for itself as \\%c", quote,
				  quote);
	return 0;
}

static int checks_cut(struct checks_cut *cut)
{
	while (*cut->at) {
		if (checks_is_blank(*cut->at) && *cut->at != '\n') {
			if (cut->any)
				checks_end_word(cut);
			cut->at++;
			continue;
		}
		cut->any = true;
		if (strchr("'\"", *cut->at) ? checks_add_quoted(cut) : checks_add_one(cut, false))
			return -1;
	}
	if (cut->any)
		checks_end_word(cut);
	if (!cut->program || !*cut->program)
		return errors_set(cut->err, "the command is empty; write 'PROGRAM ARGUMENT...'");
	return 0;
}

int checks_make(struct target *target, const char *command, const char *what, const struct env *env, struct error *err)
{
	struct checks_cut cut = {.env = env, .at = command, .err = err};
	int failed = checks_cut(&cut) || target_parse(target, cut.url.data, err);

	if (!failed) {
		free(target->text);
		target->text = alloc_format("%s %s%s", what, cut.program, cut.words > 1 ? " ..." : "");
	}
	buf_release(&cut.word);
	buf_release(&cut.url);
	free(cut.program);
	return failed ? -1 : 0;
}

int checks_add(struct config *config, const struct env *env, struct error *err)
{
	for (size_t i = 0; i < config->checks.count; i++) {
		struct target made;

		if (checks_make(&made, config->checks.items[i], "check", env, err))
			return errors_prefix(err, "--check");
		plan_add_target(&config->plan, &made)->settings = config->settings;
	}
	return 0;
}
