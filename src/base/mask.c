#include "base/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

typedef enum mask_parameter mask_known(const char *key, size_t len);

static enum mask_parameter mask_nothing_known(const char *key, size_t len)
{
	(void)key;
	(void)len;
	return MASK_UNKNOWN;
}

/* Adds the first `shown` of len bytes, and "***" if there are more. */
static void mask_rest(struct buf *out, const char *text, size_t len, size_t shown)
{
	buf_add(out, text, shown);
	if (shown < len)
		buf_add_text(out, "***");
}

/*
 * Masks "key=value&key=value…". An unescaped '&' in a password splits it into parts that look like parameters. So a
 * part without '=' is printed only if it is a known parameter, and an unknown key only if nothing was hidden before it.
 * What follows white space may be the next of libpq's words, and is not printed.
 */
static void mask_query(struct buf *out, const char *query, mask_known *known)
{
	bool hidden = false;

	while (*query) {
		size_t len = strcspn(query, "&"), key = strcspn(query, "=&");
		bool has_value = query[key] == '=';

		if (known(query, key) == MASK_SHOWN) {
			size_t shown = strcspn(query, "& \t\r\n\v\f");

			mask_rest(out, query, len, shown);
			hidden |= shown < len;
		} else if (len) {
			if (has_value && (!hidden || known(query, key)))
				buf_add(out, query, key + 1);
			buf_add_text(out, "***");
			hidden = true;
		}
		query += len;
		if (*query)
			buf_add(out, query++, 1);
	}
}

/* Returns the last c in [from, to), or NULL. */
static const char *mask_last(const char *from, const char *to, char c)
{
	return memrchr(from, c, (size_t)(to - from));
}

/* May c stand in a user or host, including escapes and variables? Any other character may begin a secret. */
static bool mask_is_plain(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("-._~%+${}", c));
}

/* Returns the length of the prefix of text[0..len) that has only plain characters. */
static size_t mask_plain_length(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && mask_is_plain(text[i]))
		i++;
	return i;
}

/* The most digits of a port. A longer number may be a secret, such as a PIN. */
enum { MASK_PORT_DIGITS = 5 };

/*
 * Returns the end of the port at `at`: digits, or a "${...}" that is not expanded yet. Returns `at` if there is no
 * port.
 */
static const char *mask_skip_port(const char *at, const char *end)
{
	const char *close = NULL, *start;

	if (end - at > 2 && at[0] == '$' && at[1] == '{' && (close = memchr(at, '}', (size_t)(end - at))))
		at = mask_last(at, close, '-') ? mask_last(at, close, '-') + 1 : close;
	for (start = at; at < end && isdigit((unsigned char)*at) && at - start < MASK_PORT_DIGITS; at++)
		;
	return close && at == close ? at + 1 : at;
}

/* Returns the '}' or ']' that closes the "${...}" or "[...]" beginning at `at`, or NULL. */
static const char *mask_closing(const char *at, const char *end)
{
	if (*at == '$' && at + 1 < end && at[1] == '{')
		return memchr(at, '}', (size_t)(end - at));
	return *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;
}

size_t mask_hosts_length(const char *hosts, size_t len, bool any_port)
{
	const char *end = hosts + len, *others = any_port ? ",:[]" : ",", *close, *port;

	for (const char *at = hosts; at < end; at++) {
		if ((close = mask_closing(at, end))) {
			at = close;
		} else if (*at == ':' && !any_port) {
			port = at + 1;
			at = mask_skip_port(port, end);
			if (at == port || (at < end && *at != ','))
				return (size_t)(port - 1 - hosts);
		} else if (!mask_is_plain(*at) && !strchr(others, *at)) {
			return (size_t)(at - hosts);
		}
	}
	return len;
}

static bool mask_is_host_list(const char *authority, size_t len)
{
	return mask_hosts_length(authority, len, false) == len;
}

bool mask_password_is_cut(const char *url)
{
	size_t len = strcspn(url, "/?#"), slash = strcspn(url, "/");
	const char *tail = url + len;
	bool has_user = memchr(url, '@', len);

	/* libpq takes the first '@' before a '/' as the end of user and password, even after a '?' or '#'. */
	if (!has_user && memchr(tail, '@', slash - len))
		return true;
	if (!memchr(url, ':', len) || !strchr(tail, '@'))
		return false;
	if (memchr(tail, '@', strcspn(tail, "?")))
		return true;
	return !has_user && !mask_is_host_list(url, len);
}

/*
 * Returns the '@' that ends "user:password", or NULL. It is the *last* one: an earlier '@' may be an unescaped one
 * inside the password. An '@' inside the value of a known parameter does not count.
 */
static const char *mask_at(const char *authority, mask_known *known)
{
	const char *end = authority + strlen(authority), *at = mask_last(authority, end, '@');
	const char *query = strchr(authority, '?'), *part, *before;

	if (!at || !query || at < query)
		return at;
	part = mask_last(query, at, '&');
	part = part ? part + 1 : query + 1;
	if (part[strcspn(part, "=@")] != '=' || !known(part, strcspn(part, "=")))
		return at;
	before = mask_last(authority, query, '@');
	if (before)
		return before;
	return mask_is_host_list(authority, strcspn(authority, "/?#")) ? NULL : at;
}

/*
 * Adds an expression in a short form; its name has the first `name` of len bytes. A ':' and an '@' in it stay, for they may be
 * those of a URL's password; then the name may be a part of that.
 */
static void mask_expression(struct buf *out, const char *text, size_t name, size_t len)
{
	bool has_at = memchr(text, '@', len), is_user = has_at || strchr(text + len, '@');

	buf_add(out, text, has_at ? 2 : name);
	buf_add_text(out, is_user && memchr(text, ':', len) ? ":..." : "...");
	buf_add_text(out, has_at ? "@...}" : "}");
}

/*
 * Returns a copy of text with "..." in place of the expression in ${VAR:=default} and the like. Only ${VAR} and
 * ${VAR:-default} are supported; any other expression may hold a secret. The caller frees the copy with free().
 */
static char *mask_expressions(const char *text)
{
	struct buf out = {0};

	while (*text) {
		size_t name = strncmp(text, "${", 2) == 0 ? 2 + strcspn(text + 2, ":=?+-#%/!}") : 0;
		const char *close = name ? strchr(text + name, '}') : NULL;

		if (close && close != text + name && strncmp(text + name, ":-", 2) != 0) {
			mask_expression(&out, text, name, (size_t)(close - text));
			text = close + 1;
		} else {
			buf_add(&out, text++, 1);
		}
	}
	return buf_detach(&out);
}

/*
 * Masks "host:port,host/database?parameters". A '&' or '=' in the database means that the '?' before parameters is
 * missing.
 */
static void mask_place(struct buf *out, const char *text, bool any_port, mask_known *known)
{
	size_t len = strcspn(text, "/?#"), shown = mask_hosts_length(text, len, any_port);

	if (shown < len) {
		/* A password may begin here, and it may hold a '/' or '?': hide all the rest. */
		buf_add(out, text, shown + (text[shown] == ':'));
		buf_add_text(out, "***");
		return;
	}
	buf_add(out, text, len);
	text += len;
	len = strcspn(text, "?");
	shown = strcspn(text, "?&=;#'\"\\ \t\r\n\v\f");
	mask_rest(out, text, len, shown);
	if (text[len]) {
		buf_add_text(out, "?");
		mask_query(out, text + len + 1, known);
	}
}

/* May a user without a password be a secret with this scheme: a token, or a password that lacks only its ':'? */
static bool mask_hides_user(const char *scheme)
{
	static const char *const beginnings[] = {"redis",         "nats",       "http", "grpc",
						 "elasticsearch", "opensearch", "etcd"};
	const char *wrapper = mask_last(scheme, strstr(scheme, "://"), ':');

	scheme = wrapper ? wrapper + 1 : scheme; /* "jdbc:redis://" */
	scheme += strncasecmp(scheme, "srv+", 4) == 0 ? 4 : 0;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (strncasecmp(scheme, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/*
 * Masks what follows "scheme://". A user without a password is shown, since databases have such users, but not where it
 * may be a secret itself (mask_hides_user).
 */
static void mask_url(struct buf *out, const char *scheme, const char *url, mask_known *known)
{
	bool any_port = strncasecmp(scheme, "tcp://", 6) == 0;
	const char *at = mask_at(url, known), *colon = at ? memchr(url, ':', (size_t)(at - url)) : NULL;
	size_t authority = strcspn(url, "/?#");
	bool is_hosts = mask_is_host_list(url, authority);

	if (is_hosts && mask_password_is_cut(url)) {
		/* "db:5432?x@y": either the port or the part before the '@' may be a secret. Hide both. */
		authority = strcspn(url, ":/?#");
		buf_add(out, url, authority + 1);
		buf_add_text(out, "***");
		return;
	}
	if (at && !colon && at > url + authority) {
		if (mask_hides_user(scheme) && memchr(url, '@', authority)) { /* either '@' may end the token */
			buf_add_text(out, "***");
			return;
		}
		at = NULL; /* the '@' is in the database's name */
	}
	if (at) {
		const char *end = colon ? colon : at;

		if (mask_hides_user(scheme) && (!colon || memchr(url, '@', (size_t)(colon - url))))
			buf_add_text(out, "***");
		else
			mask_rest(out, url, (size_t)(end - url), mask_plain_length(url, (size_t)(end - url)));
		buf_add_text(out, colon ? ":***" : "");
		/* This '@' stands after the authority, so all that follows it may be parameters: show none of it. */
		if (is_hosts && at > url + authority)
			return;
		buf_add_text(out, "@");
		url = at + 1;
	}
	mask_place(out, url, any_port && !at, known);
}

/*
 * Masks libpq's "host=db password=secret". A quoted value may hold white space, so nothing is shown after the first
 * word that is quoted or is not a parameter that may be shown.
 */
static void mask_words(struct buf *out, const char *text, mask_known *known)
{
	while (*text) {
		size_t len = strcspn(text, " \t\r\n\v\f"), key = strcspn(text, "=");

		if (len && (key >= len || known(text, key) != MASK_SHOWN || strcspn(text, "'\"\\") < len)) {
			if (key < len && known(text, key))
				buf_add(out, text, key + 1);
			buf_add_text(out, "***");
			return;
		}
		buf_add(out, text, len);
		text += len;
		if (*text)
			buf_add(out, text++, 1);
	}
}

/* Does a name of len characters end in a word that is used for secrets? */
static bool mask_names_secret(const char *name, size_t len)
{
	static const char *const words[] = {"pass",   "passwd", "passphrase", "pwd",
					    "secret", "token",  "apikey",     "api_key"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t word = strlen(words[i]);

		if (len >= word && strncasecmp(name + len - word, words[i], word) == 0)
			return true;
	}
	return false;
}

/* Is text a URL or "host:port"? Then a name before it that looks like a secret's may be that of a target. */
static bool mask_is_target(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (strstr(text, "://"))
		return true;
	return colon && colon > text && colon[1] && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

bool mask_is_password(const char *text)
{
	size_t name = strcspn(text, "=:/?&#[@");

	if (text[name] != '=')
		return false;
	/* This covers PGPASSWORD=... as well, from a user who forgot to write env(1) before it. */
	if (name >= 8 && strncasecmp(text + name - 8, "password", 8) == 0)
		return true;
	return mask_names_secret(text, name) && !mask_is_target(text + name + 1);
}

/* Masks a target without a scheme. It has no password, so the port is shown: that helps a user who mistyped it. */
static void mask_bare(struct buf *out, const char *text, mask_known *known)
{
	const char *at = strrchr(text, '@');
	size_t name = strcspn(text, "=:/?&#[@"), shown;

	if (strchr(text, '=') && strpbrk(text, " \t\r\n\v\f")) {
		mask_words(out, text, known);
		return;
	}
	if (at && !mask_is_password(text)) {
		buf_add_text(out, "***@");
		mask_place(out, at + 1, false, known);
		return;
	}
	name = text[name] == '=' ? name + 1 : 0;
	shown = mask_is_password(text) ? name : name + strcspn(text + name, "?&#=");
	buf_add(out, text, shown);
	if (text[shown] == '?' || text[shown] == '&') {
		buf_add(out, text + shown, 1);
		mask_query(out, text + shown + 1, known);
	} else if (text[shown]) {
		buf_add_text(out, "***");
	}
}

static void mask_into(struct buf *out, const char *text, mask_known *known)
{
	const char *authority = strstr(text, "://"), *scheme;

	if (!authority || mask_is_password(text) || strcspn(text, " \t\r\n\v\f@?&#/") < (size_t)(authority - text)) {
		mask_bare(out, text, known);
		return;
	}
	scheme = mask_last(text, authority, '=');
	scheme = scheme ? scheme + 1 : text;
	authority += 3;
	buf_add(out, text, (size_t)(authority - text));
	mask_url(out, scheme, authority, known);
}

char *mask_target(const char *text, enum mask_parameter (*known)(const char *key, size_t len))
{
	char *plain = mask_expressions(text);
	struct buf out = {0};

	mask_into(&out, plain, known ? known : mask_nothing_known);
	free(plain);
	return buf_detach(&out);
}
