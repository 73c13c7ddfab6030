/* What do we wait for? One target as the user wrote it, taken apart. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/errors.h"
#include "options/params.h"

struct scheme;

/* One place where the target may be. A target has one, or several where a PostgreSQL URI lists several. */
struct endpoint {
	char *host;     /* name, address without brackets, or a path that begins with '/' (a Unix socket) */
	uint16_t port;  /* 0: not given yet */
	char *address;  /* NULL, or a numeric address to use without asking for the host (libpq's hostaddr) */
	char *fallback; /* NULL, or the address a link or service variable knows */
};

/* How a target is waited for. Times are microseconds. */
struct target_settings {
	int64_t timeout;         /* from the begin of the wait; 0: for ever */
	int64_t attempt_timeout; /* above 0 */
	int64_t max_interval;    /* 0: no cap but the schedule's own */
	int successes;           /* attempts in a row that must find it ready; at least 1 */
};

struct target {
	char *text;        /* as written, secrets masked: the only form that is ever shown */
	char *url;         /* as written, secrets and all; only for the probe */
	char *name;        /* prefix of the exported variables, "DB"; NULL exports nothing */
	bool named;        /* the name was given as NAME=, not derived */
	bool exports;      /* false where an earlier target owns the same name */
	char *scheme_name; /* lower case; NULL for a bare host:port */
	bool has_user;     /* there was something before an '@' */
	char *user,
		*password; /* the URL's, decoded, then those that credentials.h finds; NULL or "": none. Never shown */
	char *tail;        /* what follows the authority, from '/' or '?' on; "" when nothing does */
	struct endpoint *endpoints;
	struct target_settings settings;
	struct bits own_settings;    /* which rows of the table a configuration file gave for it alone */
	char *origin;                /* where it stands in a configuration file, for errors; NULL: in none */
	size_t group;                /* whose member it is (groups.h); 0: of everything */
	size_t endpoint_count;       /* at least 1 once probe_bind is done */
	const struct scheme *scheme; /* set by probe_bind */
	struct params params;        /* of the URL, by the scheme's rows */
	void *plan;                  /* what the protocol's bind made of the target; its unbind frees it */
};

/*
 * Takes apart "[NAME=]host", "[NAME=]host:port", "[v6]:port", "scheme://[user[:password]@]host[:port],...[tail]".
 * Whether the scheme exists and whether a port is missing is for probe_bind to say. Error texts
 * show the target masked. On failure the target is empty.
 */
int target_parse(struct target *target, const char *text, struct error *err);

/* Frees everything but plan, which is its protocol's. */
void target_release(struct target *target);

/* Host and port out of "host", "host:port", "[v6]", "[v6]:port"; the port stays 0 when not given. */
int target_parse_endpoint(struct endpoint *endpoint, const char *text, size_t len, struct error *err);
void target_release_endpoint(struct endpoint *endpoint);

/* Is it an address, a path, or a name that DNS could be asked for? Says what is wrong. */
int target_check_host(const char *host, struct error *err);

/*
 * The name of the exported variables, from the first endpoint's host, where none was given as NAME=. A target that
 * is an address, or a name that no variable can begin with, exports nothing unless it is named.
 */
void target_derive_name(struct target *target);

/* 1 to 65535, digits only. */
int target_parse_port(const char *text, size_t len, uint16_t *port, struct error *err);

/* AF_INET or AF_INET6 for a numeric address, AF_UNIX for a path, AF_UNSPEC for a name. */
int target_host_family(const char *host);

#endif
