/* Hides the secrets of a target in every text that is printed, also when the target is mistyped. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>

/* What a scheme knows about a parameter of a URL. */
enum mask_parameter {
	MASK_UNKNOWN, /* no such parameter: it may be a misspelt secret, so its value is hidden */
	MASK_SECRET,  /* its value is hidden */
	MASK_SHOWN    /* its value may be printed */
};

/*
 * Returns a copy of the target with "***" in place of the password in "scheme://user:password@host" and of the value of
 * every parameter, except those for which known returns MASK_SHOWN. So the value of a misspelt "pasword=" stays hidden.
 * known may be NULL: then all parameters are unknown. The caller frees the copy with free().
 */
char *mask_target(const char *text, enum mask_parameter (*known)(const char *key, size_t len));

/*
 * Returns the length of the prefix of hosts[0..len) that is certainly a list of hosts, such as
 * "[::1]:80,db,db:${PORT}"; len if no part of it can be a password. A ':' that no port follows ends the prefix, because
 * a password may follow it. any_port accepts every ':', for a scheme that has no passwords.
 */
size_t mask_hosts_length(const char *hosts, size_t len, bool any_port);

/*
 * url is what follows "scheme://". Returns true if the password seems to hold an unescaped '/', '?' or '#', which ends
 * the authority too early. Then the part that looks like a host or a port may be a piece of the password: it must not
 * appear in an error text, nor be sent to a DNS server.
 */
bool mask_password_is_cut(const char *url);

/*
 * Does text begin with a name that ends in "password", and '=': libpq's "password=..." or a misplaced PGPASSWORD=...?
 * The same for names such as DB_PASS and API_TOKEN, unless a URL or host:port follows.
 */
bool mask_is_password(const char *text);

#endif
