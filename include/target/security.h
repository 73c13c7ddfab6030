/* What a target wants of TLS: the parameters that all schemes with TLS have in common. */
#ifndef TARGET_SECURITY_H
#define TARGET_SECURITY_H

#include <stdbool.h>

#include "options/options.h"

/* The files and names are texts of the target's parameters; NULL: not given. */
struct security {
	bool on;             /* the connection is to be in TLS; set by tlscheck */
	int tls, starttls;   /* TLS from the first byte; TLS after a word of the protocol's */
	int insecure;        /* every certificate is accepted */
	const char *ca_file; /* whose certificates are trusted; NULL: those of the system */
	const char *cert;    /* the certificate of this client */
	const char *key;     /* its key; NULL: it is in the same file */
	const char *sni;     /* the name that the certificate must have; NULL: the host of the URL */
};

/* Which parameters a URL has; all but the first two are always there. */
enum security_rows {
	SECURITY_WITH_STARTTLS,
	SECURITY_WITH_TLS,   /* without starttls */
	SECURITY_OF_TLS_ONLY /* without tls too, because the service may have a parameter of that name */
};

/* Returns the rows; their offsets are of struct security. */
const struct options_table *security_table(enum security_rows rows);

/*
 * Can this build speak TLS? Known when it is compiled, so that what is only done in TLS is left out of a build without it.
 */
#ifdef WAITFOR_TLS
enum { SECURITY_IS_BUILT_IN = true };
#else
enum { SECURITY_IS_BUILT_IN = false };
#endif

/* Is the connection to be in TLS, and to be so only after words of the protocol? */
static inline bool security_is_on(const struct security *security)
{
	return SECURITY_IS_BUILT_IN && security->on;
}
static inline bool security_starts_later(const struct security *security)
{
	return SECURITY_IS_BUILT_IN && security->starttls;
}

#endif
