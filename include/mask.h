/* What may be shown of a target: no secret, in whatever way it was mistyped. */
#ifndef MASK_H
#define MASK_H

/*
 * The text with "***" for the password of "scheme://user:password@host" and for the value of every parameter but
 * those known to be harmless: a misspelt "pasword=" must not show. The caller's.
 */
char *mask_target(const char *text);

#endif
