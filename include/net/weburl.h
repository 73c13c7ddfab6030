/* URLs of HTTP, taken apart and put together by libcurl, which also sends them. */
#ifndef NET_WEBURL_H
#define NET_WEBURL_H

#include <stdbool.h>

struct weburl {
	char *scheme, *host;
	unsigned port; /* the scheme's own, if the URL has none; 0 if it has none either */
};

/* Takes an absolute URL apart. Returns false if it is none; then there is nothing to release. */
bool weburl_split(struct weburl *parts, const char *url);
void weburl_release(struct weburl *parts); /* may be called for a zeroed one */

/* Returns where location leads from the absolute URL `from`; NULL if nowhere. location may be NULL. The caller's. */
char *weburl_resolve(const char *from, const char *location);

#endif
