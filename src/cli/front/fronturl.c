#include "cli/front/fronturl.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/percent.h"

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
	const char *value = at ? at + 1 : otherwise;
	char *header;

	if (!value)
		return -1;
	if (sign == ':')
		value += strspn(value, " ");
	header = alloc_format("%.*s:%s", (int)(end - text), text, value);
	fronturl_add(out, before, header);
	free(header);
	return 0;
}

char *fronturl_join(const char *url, const char *parameters)
{
	if (!*parameters)
		return alloc_text(url);
	return alloc_format("%s%c%s", url, strchr(url, '?') ? '&' : '?', parameters + 1);
}

char *fronturl_file(const char *folder, const char *path)
{
	struct buf url = {0};

	buf_add_text(&url, "file://");
	buf_add_text(&url, folder);
	for (; *path; path++) {
		const char letter[] = {*path, '\0'};

		if (*path == '/')
			buf_add_text(&url, letter);
		else
			percent_encode(&url, letter);
	}
	return buf_detach(&url);
}
