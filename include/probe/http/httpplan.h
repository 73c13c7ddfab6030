/* What a URL of HTTP asks for, taken apart and checked before the wait. */
#ifndef PROBE_HTTP_HTTPPLAN_H
#define PROBE_HTTP_HTTPPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "base/pattern.h"
#include "options/options.h"
#include "system/log.h"
#include "target/target.h"

/* The parameters, as they were written. */
struct http_params {
	const char *status, *method, *body, *expect_body, *host;
	struct options_list headers, expect_json, expect_headers;
	int follow, http2;
};

extern const struct options_table httpplan_table;

/* Of these rows, those that a protocol on HTTP/2 needs as well: header and host. */
extern const struct options_table httpplan_call_table;

enum { HTTPPLAN_STATUS_MIN = 200, HTTPPLAN_STATUS_MAX = 599 };

/* A header that must be there: its name, and what its value must match. */
struct httpplan_header {
	const char *name; /* not NUL-terminated */
	size_t name_len;
	struct pattern *value; /* NULL: any value will do */
};

/* target->plan. Its texts are the target's or its own. */
struct httpplan {
	const struct http_params *params;
	const char *path;                     /* on the service, with its query; NULL or "": "/" */
	bool wanted[HTTPPLAN_STATUS_MAX + 1]; /* which statuses are ready */
	struct pattern *body;                 /* NULL: any body will do */
	struct httpplan_header *headers;
	size_t header_count;
};

/*
 * Makes target->plan from the parameters and the rest of the URL. path is the path on the
 * service, with its query; NULL or "": "/". Warns in log of parameters that look like a misspelt one. Returns -1 with err;
 * also then the caller calls httpplan_free.
 */
int httpplan_make(struct target *target, const char *path, struct log *log, struct error *err);

/* Returns the URL that is asked for at an endpoint of the target, or at one that was found; NULL: it has none. The caller's. */
char *httpplan_url(const struct target *target, const struct endpoint *endpoint);

/* Frees target->plan, which may be NULL. */
void httpplan_free(struct target *target);

/* Does the reply's body decide? Then all of it is read, up to httpplan_body_max. */
bool httpplan_reads_body(const struct httpplan *plan);

/* How much of a body an expression is matched against, and how much is read of one that decides nothing. */
enum { HTTPPLAN_SEARCHED = 64 * 1024 };
size_t httpplan_body_max(const struct httpplan *plan);

#endif
