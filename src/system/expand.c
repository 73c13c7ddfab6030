#include "system/expand.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"
#include "system/ipv6.h"

static size_t expand_word_length(const char *text)
{
	size_t len = 0;

	/* The names of Docker's link variables may have dots (FACTS 1). */
	while (isalnum((unsigned char)text[len]) || text[len] == '_' || text[len] == '.')
		len++;
	return len;
}

static size_t expand_name_length(const char *text)
{
	return isdigit((unsigned char)*text) ? 0 : expand_word_length(text);
}

/* Returns "5432" of "tcp://172.17.0.2:5432"; NULL if the value does not have that form. */
static const char *expand_link_port(const char *value)
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

/* How deep defaults may nest. Each level is a recursive call; nobody needs five levels. */
enum { EXPAND_DEPTH_MAX = 32 };

/* The state while one text is expanded from its start to its end. */
struct expand_walk {
	const struct env *env;
	const char *at;       /* the next character to read */
	const char *user_end; /* the '@' that ends the user and password of the URL that began last; NULL: none */
	bool doubled;         /* a '$' is written "$$" */
	struct buf out;
	struct error *err;
};

static int expand_expand_level(struct expand_walk *walk, size_t depth);

/* Does a "$$" that stands for a '$' begin here? */
static bool expand_is_dollar(const char *at, bool doubled)
{
	return doubled && at[0] == '$' && at[1] == '$';
}

/* Returns what else can be done about a "${" that is wrong. */
static const char *expand_hint(bool doubled)
{
	return doubled ? ", or $${ for a literal ${" : "";
}

/* Checks that each "${" has its '}' and that none is nested too deeply. The walk relies on finding each '}'. */
static int expand_check_nesting(const char *text, bool doubled, struct error *err)
{
	size_t depth = 0;

	for (; *text; text++) {
		if (expand_is_dollar(text, doubled))
			text++;
		else if (text[0] == '$' && text[1] == '{' && ++depth > EXPAND_DEPTH_MAX)
			return errors_set(err, "${VAR:-default} is nested more than %d levels deep; write fewer levels",
					  EXPAND_DEPTH_MAX);
		if (*text == '}' && depth)
			depth--;
	}
	if (!depth)
		return 0;
	return errors_set(err, "\"${\" has no closing '}'; write ${VAR} or ${VAR:-default}%s", expand_hint(doubled));
}

/* Returns what follows the '}' of the expression that `at` is in. Does not check what is skipped. */
static const char *expand_after(const char *at, bool doubled)
{
	for (size_t depth = 1; depth; at++) {
		if (expand_is_dollar(at, doubled))
			at++;
		else if (at[0] == '$' && at[1] == '{')
			depth++;
		else if (*at == '}')
			depth--;
	}
	return at;
}

/*
 * A URL's "scheme://" ends at `at`, in the text (depth 0) or in a default. Returns the '@' that ends its user and
 * password; NULL if it has none. Expressions are skipped: a default may hold anything.
 */
static const char *expand_find_user_end(const char *at, size_t depth, bool doubled)
{
	const char *end = NULL;

	while (*at && !strchr("/?#", *at) && !(depth && *at == '}')) {
		if (expand_is_dollar(at, doubled)) {
			at += 2;
			continue;
		}
		if (strncmp(at, "${", 2) == 0) {
			at = expand_after(at + 2, doubled);
			continue;
		}
		if (*at == '@')
			end = at;
		at++;
	}
	return end;
}

/* Does the text (depth 0) or the default (depth above 0) end here? */
static bool expand_at_end(const struct expand_walk *walk, size_t depth)
{
	return *walk->at == '\0' || (depth && *walk->at == '}');
}

/*
 * Is the value that begins at out.data[value] a whole port? It is if the character before it is a ':', in the part of
 * out that begins at `level`, and the text after it cannot continue a port.
 */
static bool expand_in_port_position(const struct expand_walk *walk, size_t depth, size_t level, size_t value)
{
	return value > level && walk->out.data[value - 1] == ':' &&
	       (expand_at_end(walk, depth) || (strchr("/?,", *walk->at) && strncmp(walk->at, "//", 2) != 0));
}

/* If out.data[value..] is the value of a link variable, "tcp://172.17.0.2:5432", replaces it by its port. */
static void expand_cut_to_port(struct buf *out, size_t value)
{
	const char *port = out->len > value ? expand_link_port(out->data + value) : NULL;
	size_t len = port ? strlen(port) : 0;

	if (!port)
		return;
	memmove(out->data + value, port, len + 1);
	out->len = value + len;
}

/* Quotes the name only: what follows may be a default, and a default may be a password. */
static int expand_refuse(const struct expand_walk *walk)
{
	size_t shown = expand_word_length(walk->at);

	return errors_set(walk->err, "\"${%.*s%s}\" is not supported; write ${VAR} or ${VAR:-default}%s", (int)shown,
			  walk->at, walk->at[shown] == '}' ? "" : "...", expand_hint(walk->doubled));
}

/* Returns the value of the variable whose name is the next len characters; NULL if it is not set. Owned by env. */
static const char *expand_named(const struct expand_walk *walk, size_t len)
{
	char *name = alloc_slice(walk->at, len);
	const char *found = env_get(walk->env, name);

	free(name);
	return found;
}

static bool expand_out_ends(const struct expand_walk *walk, const char *suffix)
{
	size_t len = strlen(suffix);

	return walk->out.len >= len && strcmp(walk->out.data + walk->out.len - len, suffix) == 0;
}

/*
 * Will the value at walk->at be a user or password of a URL, or a part of one? It may also be that of the parameter.
 * "host=db password=${PW}" is no URL: its reader would not decode the value.
 */
static bool expand_is_credential(const struct expand_walk *walk)
{
	if (walk->user_end && walk->at < walk->user_end)
		return true;
	/* The search comes last: a file may have many values in one word. */
	return walk->out.len &&
	       (expand_out_ends(walk, "password=") || expand_out_ends(walk, "?user=") ||
		expand_out_ends(walk, "&user=")) &&
	       strstr(walk->out.data, "://");
}

/*
 * Is the value an IPv6 address that is all of the first host of a URL? after is what follows it. Such a host is in
 * brackets (RFC 3986, 3.2.2), which a variable such as DB_HOST does not have.
 */
static bool expand_is_ipv6_host(const struct expand_walk *walk, const char *value, const char *after)
{
	bool begins = expand_out_ends(walk, "://") ||
		      (expand_out_ends(walk, "@") && walk->user_end && walk->user_end < walk->at);
	struct in6_addr address;
	const char *interface;

	after += strspn(after, "}");
	return begins && (!*after || strchr(":/?#,", *after)) && ipv6_parse(value, &address, &interface);
}

/*
 * Appends the value of a variable. In a user or password of a URL it is taken literally: what would have a meaning in a
 * URL is escaped. A variable that is all there is before the '@' may be "user:password"; its first ':' separates them.
 */
static void expand_add_value(struct expand_walk *walk, const char *value)
{
	const char *after = expand_after(walk->at, walk->doubled), *colon = strchr(value, ':');
	char *user;

	if (!expand_is_credential(walk)) {
		bool bracketed = expand_is_ipv6_host(walk, value, after);

		buf_add_text(&walk->out, bracketed ? "[" : "");
		buf_add_text(&walk->out, value);
		buf_add_text(&walk->out, bracketed ? "]" : "");
		return;
	}
	if (colon && expand_out_ends(walk, "://") && after + strspn(after, "}") == walk->user_end) {
		user = alloc_slice(value, (size_t)(colon - value));
		percent_encode(&walk->out, user);
		free(user);
		buf_add_text(&walk->out, ":");
		value = colon + 1;
	}
	percent_encode(&walk->out, value);
}

/* Appends the value of an expression. Before the call walk->at is after "${", afterwards it is after '}'. */
static int expand_substitute(struct expand_walk *walk, size_t depth)
{
	size_t len = expand_name_length(walk->at);
	const char *rest = walk->at + len, *found, *user_end = walk->user_end;
	bool has_default = strncmp(rest, ":-", 2) == 0;

	if (len == 0 || (*rest != '}' && !has_default))
		return expand_refuse(walk);
	found = expand_named(walk, len);
	if (!found && !has_default)
		return errors_set(walk->err, "the variable %.*s is not set; set it or write ${%.*s:-default}%s",
				  (int)len, walk->at, (int)len, walk->at, expand_hint(walk->doubled));
	if (found && strchr(found, '\r'))
		return errors_set(walk->err,
				  "the variable %.*s holds a carriage return, as lines of Windows files do; remove it",
				  (int)len, walk->at);
	walk->at = rest;
	if (has_default && (!found || !*found)) {
		walk->at += 2;
		if (expand_expand_level(walk, depth + 1))
			return -1;
		walk->user_end = user_end;
	} else {
		expand_add_value(walk, found);
	}
	walk->at = expand_after(walk->at, walk->doubled);
	return 0;
}

/* Appends the text up to the next '$' or '}', one character at least. Looks for a URL that begins in it. */
static void expand_copy_literal(struct expand_walk *walk, size_t depth)
{
	size_t len = 1 + strcspn(walk->at + 1, "$}");
	const char *end = walk->at + len, *url = walk->at, *found;

	if (expand_is_dollar(walk->at, walk->doubled)) {
		buf_add_text(&walk->out, "$");
		walk->at += 2;
		return;
	}
	while ((found = memmem(url, (size_t)(end - url), "://", 3)))
		url = found + 3;
	if (url != walk->at)
		walk->user_end = expand_find_user_end(url, depth, walk->doubled);
	buf_add(&walk->out, walk->at, len);
	walk->at = end;
}

/* Appends the expanded text from walk->at on: to the end of the text if depth is 0, else to the '}' after a default. */
static int expand_expand_level(struct expand_walk *walk, size_t depth)
{
	size_t level = walk->out.len;

	while (!expand_at_end(walk, depth)) {
		size_t value = walk->out.len;

		if (strncmp(walk->at, "${", 2) != 0) {
			expand_copy_literal(walk, depth);
			continue;
		}
		walk->at += 2;
		if (expand_substitute(walk, depth))
			return -1;
		if (expand_in_port_position(walk, depth, level, value))
			expand_cut_to_port(&walk->out, value);
	}
	return 0;
}

static int expand_text(const struct env *env, const char *text, bool doubled, char **expanded, struct error *err)
{
	struct expand_walk walk = {.env = env, .at = text, .doubled = doubled, .err = err};

	if (expand_check_nesting(text, doubled, err))
		return -1;
	if (expand_expand_level(&walk, 0)) {
		buf_release(&walk.out);
		return -1;
	}
	*expanded = buf_detach(&walk.out);
	return 0;
}

int expand_variables(const struct env *env, const char *text, char **expanded, struct error *err)
{
	return expand_text(env, text, false, expanded, err);
}

int expand_word(const struct env *env, const char *word, char **expanded, struct error *err)
{
	return expand_text(env, word, true, expanded, err);
}
