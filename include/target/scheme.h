/* The schemes, which stand before "://" in a target, and what parsing, --help and the manual must know about each. */
#ifndef TARGET_SCHEME_H
#define TARGET_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "base/mask.h"
#include "options/options.h"

struct protocol; /* how to probe it; defined in a room above: attempt/probe.h */

/* What a target must have before an attempt can begin. */
enum scheme_needs {
	SCHEME_NEEDS_ADDRESS, /* a host with a port; an attempt is made at each of its addresses */
	SCHEME_NEEDS_NOTHING, /* no host; a path or the like may follow in the URL */
	SCHEME_NEEDS_WORD     /* no host; all that follows "://" is the target's tail, as 123 of pid://123 */
};

/* How a protocol comes to be in TLS. */
enum scheme_tls {
	SCHEME_NO_TLS,
	SCHEME_TLS,             /* from the first byte */
	SCHEME_TLS_BY_NAME,     /* the same; a parameter tls is the service's */
	SCHEME_TLS_OR_STARTTLS, /* from the first byte, or with ?starttls after a word of the protocol's */
	SCHEME_TLS_INSIDE       /* always after the protocol's first words */
};

struct scheme {
	const char *name;
	const char *alias; /* a second name, or NULL */
	/* More names, which the libraries of applications use: NULL-terminated; NULL: none. --help does not list them. */
	const char *const *others;
	const char *summary;   /* when the target is ready: one line for --help */
	const char *example;   /* a target, for --help and error texts */
	uint16_t default_port; /* 0: the target must give a port */
	enum scheme_tls tls;   /* with TLS, the name and the port of the scheme are these: */
	const char *tls_name;  /* "rediss"; "NAME+tls" and "NAME+ssl" always mean TLS. NULL: there is no other name */
	uint16_t tls_port;     /* 0: default_port */
	bool lists_hosts;      /* its URL may name several hosts, separated by commas */
	bool has_locks;        /* --lock can take a lock there (attempt/locking.h) */
	bool claims_port;      /* a bare host:default_port is of this scheme: an open port does not show readiness */
	enum scheme_needs needs;
	/* The parameters of its URL: either rows for options/params.h, or a function if a library parses them. */
	const struct options_table *params; /* NULL: no parameters, or parameter_known is set */
	size_t params_size;                 /* size of the struct that the rows' offsets point into */
	bool passes_parameters;             /* parameters without a row are for the service: target->params.others */
	const char *ignored; /* beside rows: parameters that only applications need, for params_ignored; NULL: none */
	enum mask_parameter (*parameter_known)(const char *key, size_t len);
	bool takes_credentials; /* credentials_complete finds user and password */
	bool takes_token;       /* a user without a password is a secret token: nats://TOKEN@host */
	/* What a URL without a path means: a path and parameters, before those of the URL; NULL: just that */
	const char *preset;
	const char *link_user;     /* variable of a linked container that holds the user, or NULL */
	const char *link_password; /* the same for the password */
	const struct protocol *protocol;
};

/* Returns a row of the registry, or NULL past the end. Row 0 takes every bare host:port that no scheme claims. */
const struct scheme *scheme_at(size_t index);

/*
 * Returns the scheme with this name, alias or other name, or one of these with TLS ("rediss", "mqtt+ssl"), in lower case; or
 * NULL.
 */
const struct scheme *scheme_of_name(const char *name);

/* Returns the port of a URL without one; in_tls: from its first byte. */
uint16_t scheme_port(const struct scheme *scheme, bool in_tls);

/* Returns the parameters of TLS that its URLs have, which are read into target->security; NULL: none. */
const struct options_table *scheme_security(const struct scheme *scheme);

/* Does this name of the scheme say that it is to be spoken in TLS? */
bool scheme_name_has_tls(const struct scheme *scheme, const char *name);

/*
 * Returns the length of what a Java library writes before a scheme: "jdbc:" of "jdbc:postgresql://db", "r2dbc:pool:" and
 * the like; else 0. The rest of text may begin with a scheme, or not.
 */
size_t scheme_wrapper_length(const char *text);

/*
 * Cuts "+driver" off "postgresql+psycopg2", as SQLAlchemy and others write it, if what remains is a scheme with a port of
 * its own. A driver that is a way to connect ("redis+unix", "redis+sentinel") stays, so that the scheme is unknown.
 */
void scheme_cut_driver(char *name);

/* May a URL name several hosts whose scheme is name, len bytes long, in any case and with a driver? */
bool scheme_lists_hosts(const char *name, size_t len);

/* Returns the scheme for a bare host:port; never NULL. */
const struct scheme *scheme_of_port(uint16_t port);

/* Returns what all schemes know of a parameter: MASK_SHOWN only if a scheme shows it and none hides it. */
enum mask_parameter scheme_parameter(const char *key, size_t len);

/* May an error quote the value of this parameter? */
bool scheme_shows(const char *key);

/* May a value of this parameter hold a carriage return, in some scheme? */
bool scheme_takes_lines(const char *key);

/* Sets err: no scheme has this name; names the nearest one. Returns -1. */
int scheme_refuse(const char *name, struct error *err);

#endif
