#include "system/env.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

void env_copy(struct env *env, char *const *environ_found)
{
	size_t count = 0;

	while (environ_found && environ_found[count])
		count++;
	env->list = alloc_zero(count + 1, sizeof(*env->list));
	env->count = count;
	for (size_t i = 0; i < count; i++)
		env->list[i] = alloc_text(environ_found[i]);
}

void env_release(struct env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->list[i]);
	free(env->list);
	*env = (struct env){0};
}

/* The index of the first entry of that name from `from` on, or count. */
static size_t env_find(const struct env *env, const char *name, size_t from)
{
	size_t len = strlen(name);

	for (; from < env->count; from++)
		if (strncmp(env->list[from], name, len) == 0 && env->list[from][len] == '=')
			break;
	return from;
}

const char *env_get(const struct env *env, const char *name)
{
	size_t at = env_find(env, name, 0);

	return at < env->count ? env->list[at] + strlen(name) + 1 : NULL;
}

static void env_drop(struct env *env, size_t at)
{
	free(env->list[at]);
	memmove(env->list + at, env->list + at + 1, (env->count - at) * sizeof(*env->list));
	env->count--;
}

void env_set(struct env *env, const char *name, const char *value)
{
	size_t at = env_find(env, name, 0), later;
	char *entry = alloc_format("%s=%s", name, value);

	if (at == env->count) {
		env->list = alloc_resize(env->list, env->count + 2, sizeof(*env->list));
		env->list[++env->count] = NULL;
	} else {
		free(env->list[at]);
	}
	env->list[at] = entry;
	while ((later = env_find(env, name, at + 1)) < env->count)
		env_drop(env, later);
}

/* The '}' that closes the "${" at text, inner ${...} skipped; NULL when there is none. */
static const char *env_closing(const char *text)
{
	size_t depth = 0;

	for (; *text; text++) {
		if (text[0] == '$' && text[1] == '{')
			depth++;
		else if (*text == '}' && --depth == 0)
			return text;
	}
	return NULL;
}

static size_t env_name_length(const char *text)
{
	size_t len = 0;

	if (isdigit((unsigned char)*text))
		return 0;
	/* Dots belong to link names (FACTS 1), which are what one most wants to name here. */
	while (isalnum((unsigned char)text[len]) || text[len] == '_' || text[len] == '.')
		len++;
	return len;
}

/* "5432" out of "tcp://172.17.0.2:5432"; NULL when the value is not of that form. */
static const char *env_link_port(const char *value)
{
	const char *port, *digit;

	if (strncmp(value, "tcp://", 6) != 0 && strncmp(value, "udp://", 6) != 0)
		return NULL;
	port = strrchr(value + 6, ':');
	if (!port || port[1] == '\0')
		return NULL;
	for (digit = ++port; isdigit((unsigned char)*digit); digit++)
		;
	return *digit ? NULL : port;
}

/* Port position: behind a ':' that does not begin "://", and nothing of a port follows. */
static bool env_in_port_position(const struct buf *before, const char *after)
{
	return before->len && before->data[before->len - 1] == ':' && strncmp(after, "//", 2) != 0 &&
	       strchr("/?,", *after); /* strchr finds the end of the text too */
}

/* Appends the value of the expression ${...} that lies between open and close. */
static int env_substitute(const struct env *env, const char *open, const char *close, struct buf *out,
			  struct error *err)
{
	const char *name_at = open + 2, *rest, *found, *port = NULL;
	size_t len = env_name_length(name_at);
	char *name, *value = NULL;
	int failed = -1;

	name = alloc_slice(name_at, len);
	rest = name_at + len;
	found = env_get(env, name);
	if (len == 0 || (rest != close && strncmp(rest, ":-", 2) != 0)) {
		/* Not what follows an operator, which may be a default for a password. */
		size_t shown = strcspn(name_at, ":=?+-#%/!}");

		errors_set(err, "\"${%.*s%s}\" is not understood; write ${VAR} or ${VAR:-default}", (int)shown, name_at,
			   name_at + shown < close ? "..." : "");
		goto out;
	}
	if (rest == close && !found) {
		errors_set(err, "the variable %s is not set; set it or write ${%s:-default}", name, name);
		goto out;
	}
	if (rest != close && (!found || !*found)) {
		char *fallback = alloc_slice(rest + 2, (size_t)(close - rest - 2));

		failed = env_expand(env, fallback, &value, err);
		free(fallback);
		if (failed)
			goto out;
	} else {
		value = alloc_text(found);
	}
	if (env_in_port_position(out, close + 1))
		port = env_link_port(value);
	buf_add_text(out, port ? port : value);
	failed = 0;
out:
	free(value);
	free(name);
	return failed;
}

int env_expand(const struct env *env, const char *text, char **expanded, struct error *err)
{
	struct buf out = {0};

	while (*text) {
		const char *open = strstr(text, "${"), *close;

		if (!open) {
			buf_add_text(&out, text);
			break;
		}
		buf_add(&out, text, (size_t)(open - text));
		close = env_closing(open);
		if (!close) {
			buf_release(&out);
			return errors_set(err, "\"${\" is never closed; write ${VAR} or ${VAR:-default}");
		}
		if (env_substitute(env, open, close, &out, err)) {
			buf_release(&out);
			return -1;
		}
		text = close + 1;
	}
	*expanded = buf_detach(&out);
	return 0;
}
