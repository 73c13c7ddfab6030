/* What every connection with TLS needs: whom to trust, and words for what goes wrong. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "target/outcome.h"

/*
 * Returns the file of certificates that this system trusts, from the places where distributions keep it; NULL if it has
 * none. The text is static.
 */
const char *tls_ca_file(void);

/*
 * Returns the outcome of a failed handshake. verified is OpenSSL's result of checking the certificate (0: it found no
 * fault), and words is what the library says, which may be "". ca_file has the certificates that were trusted; NULL: none.
 */
struct outcome tls_outcome(long verified, const char *words, const char *ca_file);

#endif
