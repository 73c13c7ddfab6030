/* What may be shown of a target: no secret, in whatever way it was mistyped. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>

/* What is known of a parameter of that name. */
enum mask_parameter {
	MASK_UNKNOWN, /* it may be a misspelt secret */
	MASK_SECRET,
	MASK_SHOWN
};

/*
 * The text with "***" for the password of "scheme://user:password@host" and for the value of every parameter but
 * those that known says may be shown: a misspelt "pasword=" must not show. known may be NULL: nothing is known. The
 * caller's.
 */
char *mask_target(const char *text, enum mask_parameter (*known)(const char *key, size_t len));

/*
 * How many of these len bytes are hosts with or without ports, "[::1]:80,db,db:${PORT}": all of them where no ':'
 * begins a password and nothing else is in them that is in no host. any_port: nor is a ':' suspect.
 */
size_t mask_hosts_length(const char *hosts, size_t len, bool any_port);

/*
 * Does a password with an unescaped '/', '?' or '#' end the authority of what follows "scheme://" early? Then what
 * looks like a host or a port is a piece of a secret, and no later error, and no DNS server, may see it.
 */
bool mask_password_is_cut(const char *url);

/* Is it the "password=..." of libpq's other form of connection string, or a PGPASSWORD=... that is not in its place? */
bool mask_is_password(const char *text);

#endif
