/* Targets that are URLs with parameters, for the tools that have options for those. */
#ifndef CLI_FRONT_FRONTURL_H
#define CLI_FRONT_FRONTURL_H

#include "base/buf.h"
#include "cli/front/frontline.h"

/* Adds text behind `before`, such as "&cacert=", percent-encoded; nothing if text is empty or NULL. */
void fronturl_add(struct buf *out, const char *before, const char *text);

/* Returns what fronturl_add adds, which the line keeps. */
const char *fronturl_piece(struct frontline *line, const char *before, const char *text);

/* Returns `before`, host and port. An IPv6 address may have brackets or not. The caller's. */
char *fronturl_place(const char *before, const char *host, const char *port);

/*
 * Adds a header as a parameter. The text is its name, the sign, and its value; blanks behind a colon are no part of that.
 * Without a sign the value is `otherwise`. Returns -1 if that is NULL.
 */
int fronturl_add_header(struct buf *out, const char *before, const char *text, char sign, const char *otherwise);

/*
 * Returns the URL with the parameters, each with its '&', behind those it has; and those for TLS, if it is in that. Those that
 * a URL of HTTP has are the service's own, and a comma in its path is no second target: what waitfor would take for its own is
 * escaped. The caller's.
 */
char *fronturl_join(const struct frontline *line, const char *url, const char *parameters);

/* Returns `before` and a path. The caller's. */
char *fronturl_path(const char *before, const char *path);

#endif
