/* One target: what the user wrote, split into its parts. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/errors.h"
#include "options/params.h"
#include "target/endpoint.h"
#include "target/security.h"

struct scheme;

/* The settings of a target. Times are in microseconds. */
struct target_settings {
	int64_t timeout;         /* from the start of the wait; 0: for ever */
	int64_t attempt_timeout; /* above 0 */
	int64_t max_interval;    /* 0: only the schedule's own limit applies */
	int successes;           /* how many attempts in a row must find it ready; at least 1 */
	bool waits_for_turn;     /* timeout begins anew while somebody else has the lock */
};

/* The variables that are exported for a target named DB, in this order: DB_HOST, DB_PORT and DB_ADDR. */
enum target_variable { TARGET_HOST, TARGET_PORT, TARGET_ADDR, TARGET_VARIABLES };

/* How the probe introduces itself to the service, for --explain. The target owns the texts. */
struct target_login {
	enum { TARGET_NO_LOGIN, TARGET_PING, TARGET_LOGIN } how; /* TARGET_PING: there is no password, so no login */
	char *user;                                              /* NULL: none is named */
	char *database;                                          /* NULL: none is named */
	char *password_from; /* "url", "file", "link" or the name of a variable; NULL: there is no password */
};

struct target {
	char *text;                  /* as written, secrets masked: the only form that is printed */
	char *url;                   /* as written, with its secrets, without "NAME=" and "srv+"; only for the probe */
	char *name;                  /* prefix of the exported variables, such as "DB"; NULL: exports nothing */
	bool named;                  /* the user gave the name as NAME=; false: it comes from the host */
	bool exports;                /* false: an earlier target exports under the same name */
	size_t owner;                /* index of the first target with its name, maybe its own; by exports_assign */
	bool kept[TARGET_VARIABLES]; /* the user set this variable and did not ask to replace it (app/exports.h) */
	char *scheme_name;           /* lower case; NULL for a bare host:port */
	bool by_srv;                 /* srv+SCHEME: its host is the name of SRV records */
	bool is_elsewhere;           /* its endpoints are only asked where it is: by_srv, a registry */
	char *subject;               /* what they are asked for, which gives the name; NULL: the first host does */
	bool has_user;               /* the URL has an '@' before its host */
	char *user, *password; /* decoded from the URL, or found by credentials.h; NULL or "": none. Never printed */
	char *tail;            /* the rest of the URL from '/' or '?' on; "" if there is none; see SCHEME_NEEDS_WORD */
	struct endpoint *endpoints;
	struct target_settings settings;
	struct bits own_settings;    /* the option rows that a configuration file sets for this target alone */
	char *origin;                /* file, line and column for errors; NULL: not from a configuration file */
	size_t group;                /* index of the group it is a member of (groups.h) */
	size_t endpoint_count;       /* after probe_bind, 0 only if the scheme needs no host */
	const struct scheme *scheme; /* set by probe_bind */
	struct params params;        /* of the URL, read by the scheme's rows */
	struct security security;    /* of the URL too */
	struct target_login login;   /* set by the protocol's bind or by credentials.h */
	const char *
		lock; /* --lock: this target is the lock of this name there, taken when all others are ready; NULL: it is none */
	const char *once; /* by the protocol's bind: the version of a command that runs once under a lock; NULL: none */
	const char *not_held; /* why --hold cannot hold connections to it, by the protocol's bind; NULL: it can */
	void *plan;           /* made by the protocol's bind, freed by its unbind */
};

/*
 * Splits "[NAME=]host", "[NAME=]host:port", "[v6]:port" or "scheme://[user[:password]@]host[:port],...[tail]" into
 * *target, which may hold anything before. The caller releases it. probe_bind checks later whether the scheme exists
 * and whether a port is missing. Returns -1 for a mistake; err then shows the target masked, and *target is empty.
 */
int target_parse(struct target *target, const char *text, struct error *err);

/*
 * Returns the length of the scheme if text begins with "scheme://" and the scheme is valid (RFC 3986, 3.1); else 0. A '_'
 * is not, but drivers have one: "postgresql+psycopg_async".
 */
size_t target_scheme_length(const char *text);

/* Is there a user, a password? credentials_complete may find them only after the protocol's bind. */
bool target_has_user(const struct target *target);
bool target_has_password(const struct target *target);

/* Frees everything except plan, which the protocol's unbind frees. Empties the target. */
void target_release(struct target *target);

/*
 * Sets target->name from the subject or the host of the first endpoint, unless the user gave one as NAME=. An address, a
 * path or a host that begins with a digit gives NULL: such a target exports nothing unless it is named. From the name of SRV
 * records it takes the first part without a '_' before it: DB of _postgresql._tcp.db.service.consul.
 */
void target_derive_name(struct target *target);

#endif
