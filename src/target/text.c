#include "target/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/mask.h"
#include "target/links.h"
#include "target/scheme.h"
#include "target/target.h"

/* Returns text without "NAME=" and "jdbc:". */
static const char *text_skip_name(const char *text)
{
	size_t len = strcspn(text, "=:/?[@,");

	text = text[len] == '=' ? text + len + 1 : text;
	return text + scheme_wrapper_length(text);
}

/* Returns the end of the part of text in which no other URL begins: a comma before "[NAME=]scheme://", or the end. */
static const char *text_next_url(const char *text)
{
	const char *comma = strchr(text, ',');

	while (comma && !target_scheme_length(text_skip_name(comma + 1)))
		comma = strchr(comma + 1, ',');
	return comma ? comma : text + strlen(text);
}

/* Returns the end of the target that begins at from, before the comma at or after `from`, or `to` if there is none. */
static const char *text_comma(const char *from, const char *to)
{
	const char *comma = from < to ? memchr(from, ',', (size_t)(to - from)) : NULL;

	return comma ? comma : to;
}

/* Returns the end of the target whose URL begins at url, with a scheme of len bytes. `to`: another URL begins there. */
static const char *text_url_end(const char *url, size_t len, const char *to)
{
	const char *hosts = url + len + 3, *at = memrchr(hosts, '@', (size_t)(to - hosts)), *tail, *query, *comma;

	hosts = at ? at + 1 : hosts;
	if (*hosts == '/')
		return to; /* a path, or a URL that names its hosts in parameters */
	tail = hosts + strcspn(hosts, "/?#");
	query = tail + strcspn(tail, "?");
	query = query < to ? query : to;
	comma = text_comma(scheme_lists_hosts(url, len) ? tail : hosts, query);
	return comma < query ? comma : to;
}

/* Returns the end of a target without a scheme; `to` if [from, to) may hold a secret, which must not be cut apart. */
static const char *text_bare_end(const char *from, const char *to)
{
	const char *comma = text_comma(from, to);
	char *piece = alloc_slice(from, (size_t)(comma - from));
	bool may_be_secret = mask_is_password(piece) || piece[strcspn(piece, " \t\r\n\v\f?&#")];

	free(piece);
	return may_be_secret ? to : comma;
}

/* A text that is cut into targets: the list of them, which ends with NULL. */
struct text_list {
	char **items;
	size_t count;
};

/* Adds the target of [from, to). An empty one is left out: two commas in a row, or one at the end, separate nothing. */
static void text_add(struct text_list *list, const char *from, const char *to)
{
	if (from == to)
		return;
	list->items = alloc_resize(list->items, list->count + 2, sizeof(*list->items));
	list->items[list->count++] = alloc_slice(from, (size_t)(to - from));
	list->items[list->count] = NULL;
}

/*
 * Adds the target of [from, to), which follows others in one text: it has the name of the first, so that it exports
 * whichever is ready, and its scheme, so that it is asked in the same way. first_len bytes of first are these two.
 */
static void text_add_further(struct text_list *list, const char *first, size_t first_len, const char *from,
			     const char *to)
{
	bool named = text_skip_name(from) != from;
	char *full;

	if (from == to || !first_len || named) {
		text_add(list, from, to);
		return;
	}
	full = alloc_format("%.*s%.*s", (int)first_len, first, (int)(to - from), from);
	text_add(list, full, full + strlen(full));
	free(full);
}

/* Adds the targets of [from, to). A URL may only begin at `from`. */
static void text_add_all(struct text_list *list, const char *from, const char *to)
{
	const char *body = text_skip_name(from), *end = to, *first = from;
	size_t scheme = target_scheme_length(body);
	/* What follows a URL with several hosts is another service, and not one more host. */
	bool hands_on = !scheme || !scheme_lists_hosts(body, scheme);
	size_t first_len = hands_on ? (size_t)(body - from) + (scheme ? scheme + 3 : 0) : 0;

	if (scheme)
		end = text_url_end(body, scheme, to);
	else if (!memchr(from, '@', (size_t)(to - from)))
		end = text_bare_end(from, to);
	text_add(list, from, end);
	while (end < to) {
		from = end + 1;
		end = text_bare_end(from, to);
		text_add_further(list, first, first_len, from, end);
	}
}

char **text_split(const char *text)
{
	struct text_list list = {.items = alloc_zero(1, sizeof(char *))};

	if (!*text) {
		list.items = alloc_resize(list.items, 2, sizeof(char *));
		list.items[0] = alloc_text("");
		list.items[1] = NULL;
	}
	while (*text) {
		const char *end = text_next_url(text);

		text_add_all(&list, text, end);
		text = *end ? end + 1 : end;
	}
	return list.items;
}

/*
 * Does text begin with ":tcp://10.0.0.2:80", where a host can end and a port can stand? Returns its length and sets
 * *port to the digits in it; else 0.
 */
static size_t text_expanded_port(const char *text, const char **port)
{
	const char *address = text + 7, *end, *colon;
	char *value;
	size_t len = 0;

	if (strncmp(text, ":tcp://", 7) != 0 && strncmp(text, ":udp://", 7) != 0)
		return 0;
	end = address + strcspn(address, "/?,");
	colon = memrchr(address, ':', (size_t)(end - address));
	value = alloc_slice(text + 1, (size_t)(end - text - 1));
	/* An '@' that follows would make it a piece of a password. */
	if (colon && links_sets("X_PORT", value) && !memchr(end, '@', strcspn(end, ",")))
		len = (size_t)(end - text);
	*port = colon ? colon + 1 : end;
	free(value);
	return len;
}

char *text_cut_ports(const char *text)
{
	struct buf out = {0};
	bool in_query = false;

	while (*text) {
		const char *port;
		size_t len = out.len && !in_query ? text_expanded_port(text, &port) : 0;

		in_query = *text == '?' || (in_query && *text != ',');
		if (len) {
			buf_add_text(&out, ":");
			buf_add(&out, port, (size_t)(text + len - port));
			text += len;
		} else {
			buf_add(&out, text++, 1);
		}
	}
	return buf_detach(&out);
}
