#include "target/target.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "base/percent.h"
#include "target/scheme.h"

/* Adds one endpoint for each host of the comma-separated list. */
static int target_parse_hosts(struct target *target, const char *text, size_t len, struct error *err)
{
	const char *end = text + len;

	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;

		target->endpoints =
			alloc_resize(target->endpoints, target->endpoint_count + 1, sizeof(struct endpoint));
		if (endpoint_parse(&target->endpoints[target->endpoint_count], text, (size_t)(stop - text), err))
			return -1;
		target->endpoint_count++;
		if (!comma)
			return 0;
		text = comma + 1;
	}
}

size_t target_scheme_length(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[len]) || (text[len] && strchr("+-._", text[len])))
		len++;
	return strncmp(text + len, "://", 3) == 0 ? len : 0;
}

/* Makes a prefix for variables: "my-db" gives MY_DB, "api.v1" gives API_V1. len 0 gives NULL. The caller frees it. */
static char *target_make_name(const char *text, size_t len)
{
	char *name = len ? alloc_slice(text, len) : NULL;

	for (char *c = name; c && *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	return name;
}

/*
 * Takes "NAME=" off the text and returns the rest; NULL with err for a wrong name. A later '=' belongs to a parameter.
 */
static const char *target_take_name(struct target *target, const char *text, struct error *err)
{
	size_t len = strcspn(text, "=:/?[@");

	if (text[len] != '=')
		return text;
	if (len == 0) {
		errors_set(err, "the name before '=' is empty; write NAME=host:port");
		return NULL;
	}
	if (strcspn(text, " \t\r\n\v\f&#;${}") < len) { /* all that are a ${VAR} have been expanded */
		errors_set(err, "the text before '=' is not a name; write NAME=host:port, "
				"or postgres://user:password@host:port/db?parameter=value");
		return NULL;
	}
	if (isdigit((unsigned char)text[0])) {
		errors_set(err, "\"%.*s\" cannot begin a variable's name; write NAME=host:port", (int)len, text);
		return NULL;
	}
	target->name = target_make_name(text, len);
	target->named = true;
	return text + len + 1;
}

void target_derive_name(struct target *target)
{
	const char *host = target->subject ? target->subject : target->endpoint_count ? target->endpoints[0].host : "";

	if (target->named || target->lock)
		return; /* a lock exports nothing */
	while (target->by_srv && *host == '_' && strchr(host, '.'))
		host = strchr(host, '.') + 1;
	free(target->name);
	target->name = NULL;
	if (endpoint_family(host) == AF_UNSPEC && !isdigit((unsigned char)host[0]))
		target->name = target_make_name(host, strcspn(host, "."));
}

static int target_refuse_parameters(struct error *err)
{
	return errors_set(err, "parameters need a URL; write postgres://user:password@host:port/db?parameter=value");
}

/* Parses a bare "host:port", which has no user and no parameters. The errors about those do not quote them. */
static int target_parse_bare(struct target *target, const char *text, struct error *err)
{
	target->tail = alloc_text("");
	if (strstr(text, "://"))
		return errors_set(err, "the text before \"://\" is not a scheme; write scheme://host:port");
	if (strpbrk(text, "=?&#"))
		return target_refuse_parameters(err);
	if (strchr(text, '@'))
		return errors_set(
			err,
			"a user needs a scheme; write postgres://user@host:port, and white space in a password as %%20");
	if (strchr(text, '/'))
		return errors_set(
			err, "a host or port cannot hold '/'; put a command after \"--\", begin a URL with scheme://");
	if (strchr(text, ','))
		return errors_set(err, "one host each; write several targets instead of a ','");
	return target_parse_hosts(target, text, strlen(text), err);
}

static int target_refuse_cut(struct error *err)
{
	return errors_set(err, "a '/', '?' or '#' in a user or password must be written %%2F, %%3F or %%23, "
			       "an '@' in a database's name or a parameter %%40");
}

/*
 * Checks what follows "scheme://": is it "user:password@hosts" and a tail, split as libpq would split it? No part of
 * the hosts or of the database's name may be a piece of a secret, because later errors quote them. The errors here
 * quote nothing. url ends its authority at len; at is the last '@' in it, or NULL. any_port is as in mask_hosts_length.
 */
static int target_check_url(const char *url, size_t len, const char *at, bool any_port, struct error *err)
{
	const char *hosts = at ? at + 1 : url, *tail = url + len, *expression;
	size_t hosts_len = (size_t)(tail - hosts), known;

	if (mask_password_is_cut(url) || *tail == '#')
		return target_refuse_cut(err);
	if (memchr(url, '@', len) != at)
		return errors_set(err, "an '@' in a user or password must be written %%40");
	known = mask_hosts_length(hosts, hosts_len, any_port);
	expression = memmem(hosts, hosts_len, "${", 2); /* all that are one have been expanded */
	if (expression && (size_t)(expression - hosts) < known)
		known = (size_t)(expression - hosts);
	if (known < hosts_len && hosts[known] == ':')
		return errors_set(err, "the text after ':' is not a port; write a number from 1 to 65535, and a user "
				       "with a password as user:password@host");
	if (known < hosts_len)
		return errors_set(
			err, "a host name cannot hold '%c'; write host:port, and parameters as /db?parameter=value",
			hosts[known]);
	if (memchr(tail, '=', strcspn(tail, "?")))
		return errors_set(err, "an '=' in a path or a database's name must be written %%3D; "
				       "parameters follow a '?', as in /db?parameter=value");
	return 0;
}

/* Reads "user" or "user:password" from text[0..len), percent-encoded. An empty one counts as not given. */
static int target_parse_user(struct target *target, const char *text, size_t len, struct error *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	char *user = percent_decode(text, user_len);
	char *password = percent_decode(colon ? colon + 1 : "", colon ? len - user_len - 1 : 0);

	target->has_user = true;
	target->user = user;
	target->password = password;
	return user && password ? 0 : errors_set(err, "a user or password cannot hold %%00; leave it out");
}

/* A scheme that needs no host must have none. The error quotes nothing, because the text may be part of a secret. */
static int target_refuse_authority(const struct scheme *scheme, struct error *err)
{
	if (!scheme || scheme->needs != SCHEME_NEEDS_NOTHING)
		return 0;
	return errors_set(err, "%s:// takes no host, port or user before the path; write %s", scheme->name,
			  scheme->example);
}

/* Takes "srv+" off the scheme, if what is left is one. */
static void target_take_srv(struct target *target)
{
	if (strncmp(target->scheme_name, "srv+", 4) != 0 || !isalpha((unsigned char)target->scheme_name[4]))
		return;
	target->by_srv = target->is_elsewhere = true;
	memmove(target->scheme_name, target->scheme_name + 4, strlen(target->scheme_name + 4) + 1);
}

static int target_parse_url(struct target *target, const char *text, struct error *err)
{
	const char *scheme = text + scheme_wrapper_length(text), *at;
	size_t scheme_len = target_scheme_length(scheme), len;
	const struct scheme *known;

	if (!scheme_len)
		return target_parse_bare(target, text, err);
	target->scheme_name = alloc_slice(scheme, scheme_len);
	for (char *c = target->scheme_name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	target_take_srv(target);
	scheme_cut_driver(target->scheme_name);
	text = scheme + scheme_len + 3;
	known = scheme_of_name(target->scheme_name);
	len = known && known->needs == SCHEME_NEEDS_WORD ? 0 : strcspn(text, "/?#");
	at = memrchr(text, '@', len);
	target->tail = alloc_text(text + len);
	if (known && known->needs == SCHEME_NEEDS_WORD)
		return 0;
	if (len && target_refuse_authority(known, err))
		return -1;
	if (target_check_url(text, len, at, strcmp(target->scheme_name, "tcp") == 0 && !at, err))
		return -1;
	if (at) {
		if (target_parse_user(target, text, (size_t)(at - text), err))
			return -1;
		len -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	/*
	 * A missing host is not an error here: libpq can take it from a parameter, and other protocols check it later.
	 */
	if (!len || target_parse_hosts(target, text, len, err) == 0)
		return 0;
	/* "smtp://me:p@1%pw?@db": the last '@' may end a password, of which this error would quote a piece. */
	return strchr(text + len, '@') ? target_refuse_cut(err) : -1;
}

/* The errors that the text itself shows, before it is taken apart. They quote nothing. */
static int target_check_text(const char *text, struct error *err)
{
	if (strchr(text, '\r'))
		return errors_set(err, "it holds a carriage return, as lines of Windows files do; remove it");
	/* Not one part of a password may be taken for a name, a scheme or a host, because errors quote these. */
	return mask_is_password(text) ? target_refuse_parameters(err) : 0;
}

/* Returns the text as it may be printed. The log could not show a carriage return, so it is left out. The caller's. */
static char *target_shown(const char *text)
{
	char *shown = mask_target(text, scheme_parameter), *to = shown;

	for (const char *from = shown; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return shown;
}

/* Returns the text without "srv+", which may stand behind "jdbc:" and the like. The caller's. */
static char *target_url(const struct target *target, const char *text)
{
	size_t wrapper = scheme_wrapper_length(text);

	if (!target->by_srv)
		return alloc_text(text);
	return alloc_format("%.*s%s", (int)wrapper, text, text + wrapper + strlen("srv+"));
}

int target_parse(struct target *target, const char *text, struct error *err)
{
	struct target made = {.text = target_shown(text), .exports = true};
	const char *rest = target_check_text(text, err) ? NULL : target_take_name(&made, text, err);

	if (!rest)
		goto fail;
	if (target_parse_url(&made, rest, err))
		goto fail;
	made.url = target_url(&made, rest);
	target_derive_name(&made);
	*target = made;
	return 0;
fail:
	errors_prefix(err, "target \"%s\"", made.text);
	target_release(&made);
	*target = made;
	return -1;
}

bool target_has_user(const struct target *target)
{
	return target->user && *target->user;
}

bool target_has_password(const struct target *target)
{
	return target->password && *target->password;
}

void target_release(struct target *target)
{
	for (size_t i = 0; i < target->endpoint_count; i++)
		endpoint_release(&target->endpoints[i]);
	free(target->endpoints);
	free(target->text);
	free(target->url);
	free(target->name);
	free(target->scheme_name);
	free(target->subject);
	free(target->user);
	free(target->password);
	free(target->login.user);
	free(target->login.database);
	free(target->login.password_from);
	params_release(&target->params);
	free(target->tail);
	free(target->origin);
	*target = (struct target){0};
}
