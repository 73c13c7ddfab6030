#include "app/envprint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"

/* Writes the value. Each byte that is in `special` is replaced by the text that `escape` returns for it. */
static void envprint_escaped(struct buf *out, const char *value, const char *special, const char *(*escape)(char c))
{
	while (*value) {
		size_t len = strcspn(value, special);

		buf_add(out, value, len);
		value += len;
		if (*value)
			buf_add_text(out, escape(*value++));
	}
}

/* Only the quote itself is special within a shell's single quotes. */
static const char *envprint_sh_escape(char c)
{
	(void)c;
	return "'\\''";
}

void envprint_quote(struct buf *out, const char *text)
{
	buf_add_text(out, "'");
	envprint_escaped(out, text, "'", envprint_sh_escape);
	buf_add_text(out, "'");
}

static void envprint_sh(struct buf *out, const char *name, const char *value)
{
	buf_add_text(out, "export ");
	buf_add_text(out, name);
	buf_add_text(out, "=");
	envprint_quote(out, value);
	buf_add_text(out, "\n");
}

static const char *envprint_dotenv_escape(char c)
{
	return c == '\r' ? "\\r" : c == '"' ? "\\\"" : "\\\\";
}

static bool envprint_ends_with_backslash(const char *value)
{
	size_t len = strlen(value);

	return len && value[len - 1] == '\\';
}

/* Can a reader find the start and the end of the value if it has no quotes? */
static bool envprint_is_bare(const char *value)
{
	return isgraph((unsigned char)*value) && *value != '\'' && *value != '"' && !strpbrk(value, "#\r\n");
}

/*
 * Can the value be in single quotes? python-dotenv reads \\ and \' in them as escapes, and a '\r' without '\n' as the
 * end of a line.
 */
static bool envprint_is_literal(const char *value)
{
	return !strpbrk(value, "'\r") && !strstr(value, "\\\\") && !envprint_ends_with_backslash(value);
}

static void envprint_dotenv(struct buf *out, const char *name, const char *value)
{
	bool bare = !value[strspn(value, ENVPRINT_PLAIN)] ||
		    (envprint_ends_with_backslash(value) && envprint_is_bare(value));
	const char *quote = bare ? "" : envprint_is_literal(value) ? "'" : "\"";

	buf_add_text(out, name);
	buf_add_text(out, "=");
	buf_add_text(out, quote);
	envprint_escaped(out, value, *quote == '"' ? "\"\\\r" : "", envprint_dotenv_escape);
	buf_add_text(out, quote);
	buf_add_text(out, "\n");
}

/* Returns a delimiter that is not in the value, so that the value cannot end too early. The caller's. */
static char *envprint_delimiter(const char *value)
{
	char *delimiter = alloc_text("END_OF_VALUE");

	for (unsigned n = 1; strstr(value, delimiter); n++) {
		free(delimiter);
		delimiter = alloc_format("END_OF_VALUE_%u", n);
	}
	return delimiter;
}

static void envprint_github(struct buf *out, const char *name, const char *value)
{
	char *delimiter = strpbrk(value, "\r\n") ? envprint_delimiter(value) : NULL;

	buf_add_text(out, name);
	buf_add_text(out, delimiter ? "<<" : "=");
	if (delimiter) {
		buf_add_text(out, delimiter);
		buf_add_text(out, "\n");
	}
	buf_add_text(out, value);
	buf_add_text(out, "\n");
	if (delimiter) {
		buf_add_text(out, delimiter);
		buf_add_text(out, "\n");
	}
	free(delimiter);
}

static void envprint_json(struct buf *out, const struct env_variable *variables, size_t count)
{
	cJSON *object = alloc_check(cJSON_CreateObject());
	char *line;

	for (size_t i = 0; i < count; i++)
		json_add_exact(object, variables[i].name, variables[i].value);
	line = json_line(object);
	buf_add_text(out, line);
	buf_add_text(out, "\n");
	free(line);
	cJSON_Delete(object);
}

char *envprint_text(enum envprint_form form, const struct env_variable *variables, size_t count)
{
	static void (*const lines[])(struct buf * out, const char *name, const char *value) = {
		[ENVPRINT_SH] = envprint_sh,
		[ENVPRINT_DOTENV] = envprint_dotenv,
		[ENVPRINT_GITHUB] = envprint_github,
	};
	struct buf out = {0};

	if (form == ENVPRINT_JSON)
		envprint_json(&out, variables, count);
	else
		for (size_t i = 0; i < count; i++)
			lines[form](&out, variables[i].name, variables[i].value);
	return buf_detach(&out);
}
