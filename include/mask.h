/* What may be shown of a target: no secret, in whatever way it was mistyped. */
#ifndef MASK_H
#define MASK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The text with "***" for the password of "scheme://user:password@host" and for the value of every parameter but
 * those known to be harmless: a misspelt "pasword=" must not show. The caller's.
 */
char *mask_target(const char *text);

/* Are these len bytes hosts with or without ports, so that no ':' in them begins a password? "[::1]:80,db,db:${PORT}" */
bool mask_is_host_list(const char *authority, size_t len);

#endif
