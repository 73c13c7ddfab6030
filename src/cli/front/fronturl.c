#include "cli/front/fronturl.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "base/percent.h"
#include "target/scheme.h"

void fronturl_add(struct buf *out, const char *before, const char *text)
{
	if (!text || !*text)
		return;
	buf_add_text(out, before);
	percent_encode(out, text);
}

const char *fronturl_piece(struct frontline *line, const char *before, const char *text)
{
	struct buf piece = {0};

	fronturl_add(&piece, before, text);
	return frontline_keep(line, buf_detach(&piece));
}

char *fronturl_place(const char *before, const char *host, const char *port)
{
	bool is_bare = strchr(host, ':') && *host != '[';

	return alloc_format(is_bare ? "%s[%s]:%s" : "%s%s:%s", before, host, port);
}

int fronturl_add_header(struct buf *out, const char *before, const char *text, char sign, const char *otherwise)
{
	const char *at = strchr(text, sign), *end = at ? at : text + strlen(text);
	const char *value = at ? at + 1 : otherwise, *blanks = " \t\r\n";
	size_t length;
	char *header;

	if (!value)
		return -1;
	if (sign == ':')
		value += strspn(value, blanks);
	for (length = strlen(value); sign == ':' && length && strchr(blanks, value[length - 1]); length--)
		;
	header = alloc_format("%.*s:%.*s", (int)(end - text), text, (int)length, value);
	fronturl_add(out, before, header);
	free(header);
	return 0;
}

/* Adds a URL of HTTP. */
static void fronturl_add_web(struct buf *out, const char *url)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = strstr(url, "://") + 3;

	at += strcspn(at, "/?");
	buf_add(out, url, (size_t)(at - url));
	for (; *at; at++) {
		const char escaped[] = {'%', digits[*at >> 4 & 15], digits[*at & 15]};
		bool is_ours =
			*at == ',' || (strchr("?&", at[-1]) && scheme_parameter(at, strcspn(at, "=&")) != MASK_UNKNOWN);

		buf_add(out, is_ours ? escaped : at, is_ours ? sizeof(escaped) : 1);
	}
}

char *fronturl_join(const struct frontline *line, const char *url, const char *parameters)
{
	struct buf joined = {0};
	size_t at;

	if (frontline_after(url, "http"))
		fronturl_add_web(&joined, url);
	else
		buf_add_text(&joined, url);
	at = joined.len;
	buf_add_text(&joined, parameters);
	if (frontline_after(url, "https") || frontline_after(url, "amqps"))
		buf_add_text(&joined, line->secured.data);
	if (joined.len > at && !strchr(url, '?'))
		joined.data[at] = '?';
	return buf_detach(&joined);
}

char *fronturl_path(const char *before, const char *path)
{
	struct buf url = {0};

	buf_add_text(&url, before);
	for (; *path; path++) {
		const char letter[] = {*path, '\0'};

		if (*path == '/')
			buf_add_text(&url, letter);
		else
			percent_encode(&url, letter);
	}
	return buf_detach(&url);
}
