#include "net/weburl.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Returns a part of the URL; the caller's, NULL if there is none. */
static char *weburl_part(CURLU *url, CURLUPart part)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT))
		return NULL;
	copy = alloc_text(text);
	curl_free(text);
	return copy;
}

bool weburl_split(struct weburl *parts, const char *url)
{
	CURLU *handle = alloc_check(curl_url());
	char *port = NULL;

	*parts = (struct weburl){0};
	if (curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		parts->scheme = weburl_part(handle, CURLUPART_SCHEME);
		parts->host = weburl_part(handle, CURLUPART_HOST);
		port = weburl_part(handle, CURLUPART_PORT);
	}
	curl_url_cleanup(handle);
	parts->port = port ? (unsigned)strtoul(port, NULL, 10) : 0;
	free(port);
	if (parts->scheme && parts->host)
		return true;
	weburl_release(parts);
	return false;
}

void weburl_release(struct weburl *parts)
{
	free(parts->scheme);
	free(parts->host);
	*parts = (struct weburl){0};
}

char *weburl_resolve(const char *from, const char *location)
{
	CURLU *url = location && *location ? alloc_check(curl_url()) : NULL;
	char *to = NULL;

	if (url && curl_url_set(url, CURLUPART_URL, from, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		to = weburl_part(url, CURLUPART_URL);
	curl_url_cleanup(url);
	return to;
}
