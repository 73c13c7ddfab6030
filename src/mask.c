#include "mask.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* Parameters of libpq's that one wants to see in a log, and that let nobody in. */
static const char *const mask_harmless[] = {
	"application_name",
	"channel_binding",
	"connect_timeout",
	"dbname",
	"gssencmode",
	"host",
	"hostaddr",
	"keepalives_idle",
	"load_balance_hosts",
	"passfile",
	"port",
	"require_auth",
	"sslcert",
	"sslkey",
	"sslmode",
	"sslnegotiation",
	"sslrootcert",
	"target_session_attrs",
	"user",
};

static bool mask_is_harmless(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof(mask_harmless) / sizeof(mask_harmless[0]); i++)
		if (strlen(mask_harmless[i]) == len && strncmp(mask_harmless[i], key, len) == 0)
			return true;
	return false;
}

/* "key=value&key=value…"; a part without '=' that holds an '@' is the rest of a password with a '?' in it. */
static void mask_query(struct buf *out, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&"), key = strcspn(query, "=&");
		bool has_value = query[key] == '=';

		if (has_value && !mask_is_harmless(query, key)) {
			buf_add(out, query, key + 1);
			buf_add_text(out, "***");
		} else if (!has_value && memchr(query, '@', len)) {
			buf_add_text(out, "***");
		} else {
			buf_add(out, query, len);
		}
		query += len;
		if (*query)
			buf_add(out, query++, 1);
	}
}

/* The last c in [from, to), or NULL. */
static const char *mask_last(const char *from, const char *to, char c)
{
	return memrchr(from, c, (size_t)(to - from));
}

/* Past the port at `at`: digits, or a variable that is not expanded yet. */
static const char *mask_skip_port(const char *at, const char *end)
{
	const char *close;

	if (end - at > 2 && at[0] == '$' && at[1] == '{') {
		close = memchr(at, '}', (size_t)(end - at));
		return close ? close + 1 : end;
	}
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

bool mask_is_host_list(const char *authority, size_t len)
{
	const char *end = authority + len, *close, *port;

	for (const char *at = authority; at < end; at++) {
		if (*at == '[' && (close = memchr(at, ']', (size_t)(end - at))))
			at = close;
		if (*at != ':')
			continue;
		port = at + 1;
		at = mask_skip_port(port, end);
		if (at == port || (at < end && *at != ','))
			return false;
	}
	return true;
}

/* Is it the name of a parameter of libpq's, harmless or secret? Then an '@' behind it belongs to its value. */
static bool mask_is_parameter(const char *key, size_t len)
{
	static const char *const secret[] = {"password", "sslpassword", "oauth_client_secret", "options"};

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (strlen(secret[i]) == len && strncmp(secret[i], key, len) == 0)
			return true;
	return mask_is_harmless(key, len);
}

/*
 * The '@' that ends "user:password", or NULL. It is the *last* one, since one inside a password should have been
 * escaped, and was not; but not one that belongs to a parameter's value.
 */
static const char *mask_at(const char *authority)
{
	const char *end = authority + strlen(authority), *at = mask_last(authority, end, '@');
	const char *query = strchr(authority, '?'), *part, *before;

	if (!at || !query || at < query)
		return at;
	part = mask_last(query, at, '&');
	part = part ? part + 1 : query + 1;
	if (!mask_is_parameter(part, strcspn(part, "=@")))
		return at;
	before = mask_last(authority, query, '@');
	if (before)
		return before;
	return mask_is_host_list(authority, strcspn(authority, "/?#")) ? NULL : at;
}

/* Whatever ${VAR:=default} or the like holds, which is not understood here, may be a secret. The caller's. */
static char *mask_expressions(const char *text)
{
	struct buf out = {0};

	while (*text) {
		size_t name = strncmp(text, "${", 2) == 0 ? 2 + strcspn(text + 2, ":=?+-#%/!}") : 0;
		const char *close = name ? strchr(text + name, '}') : NULL;

		if (close && close != text + name && strncmp(text + name, ":-", 2) != 0) {
			buf_add(&out, text, name);
			buf_add_text(&out, "...}");
			text = close + 1;
		} else {
			buf_add(&out, text++, 1);
		}
	}
	return buf_detach(&out);
}

static void mask_into(struct buf *out, const char *text)
{
	const char *authority = strstr(text, "://"), *at, *colon, *query;

	authority = authority ? authority + 3 : text;
	at = mask_at(authority);
	query = strchr(authority, '?');
	colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (colon) {
		buf_add(out, text, (size_t)(colon + 1 - text));
		buf_add_text(out, "***");
		/* A port before a '?', and an '@' in no parameter: one of the two is a secret's, and who knows which. */
		if (query && query < at && mask_is_host_list(authority, strcspn(authority, "/?#")))
			return;
		text = at;
	}
	/* Behind an '@' that itself stands behind a '?' all that is left may be parameters. */
	query = query && at && query < at ? at : strchr(text, '?');
	if (query) {
		buf_add(out, text, (size_t)(query + 1 - text));
		mask_query(out, query + 1);
	} else {
		buf_add_text(out, text);
	}
}

char *mask_target(const char *text)
{
	char *plain = mask_expressions(text);
	struct buf out = {0};

	mask_into(&out, plain);
	free(plain);
	return buf_detach(&out);
}
