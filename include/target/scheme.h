/* What can stand before "://": the facts about a protocol that parsing, --help and the manual need. */
#ifndef TARGET_SCHEME_H
#define TARGET_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "base/mask.h"
#include "options/options.h"

struct protocol; /* what is done with it, in rooms above: attempt/probe.h */

/* What a target must have before an attempt can begin. */
enum scheme_needs {
	SCHEME_NEEDS_ADDRESS, /* a host with a port; an attempt is made at each of its addresses */
	SCHEME_NEEDS_NAME,    /* a host, which nobody looks up for the probe */
	SCHEME_NEEDS_NOTHING  /* no host: a path or the like is in the rest of the URL */
};

struct scheme {
	const char *name;
	const char *alias;     /* another one, or NULL */
	const char *summary;   /* when the target is ready: one line for --help */
	const char *example;   /* a target, for --help and error texts */
	uint16_t default_port; /* 0: the target must say */
	bool claims_port; /* a bare host:port with the default port is of this scheme: an open port is not readiness */
	enum scheme_needs needs;
	/* What its URL's parameters are: rows for options/params.h; or, where a library reads them, what it knows of each. */
	const struct options_table *params; /* NULL: it has none, or parameter_known */
	size_t params_size;                 /* of the struct that the rows' offsets point into */
	enum mask_parameter (*parameter_known)(const char *key, size_t len);
	bool takes_credentials;    /* user and password are looked for (target/credentials.h) */
	const char *link_user;     /* the variable of a linked container's environment that holds it, or NULL */
	const char *link_password; /* likewise */
	const struct protocol *protocol;
};

/* The registry, in its order; NULL past the end. The first row takes a bare host:port that no scheme claims. */
const struct scheme *scheme_at(size_t index);

/* The scheme of that name or alias, in lower case; NULL when there is none. */
const struct scheme *scheme_of_name(const char *name);

/* The scheme of a bare host:port. */
const struct scheme *scheme_of_port(uint16_t port);

/* What the schemes know of a parameter of that name: shown only where one of them shows it and none hides it. */
enum mask_parameter scheme_parameter(const char *key, size_t len);

/* May the value of that parameter be shown? Of all others no error may quote it. */
bool scheme_shows(const char *key);

/* Says that there is no scheme of that name, and which there are. Returns -1. */
int scheme_refuse(const char *name, struct error *err);

#endif
