/* TLS: whom to trust, connections in TLS on the loop, and words for what goes wrong. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "net/loop.h"
#include "target/outcome.h"
#include "target/security.h"

struct bufferevent;
struct tls_store;

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

/*
 * Begins TLS as the client over fd, a connected socket, which stays the caller's. Returns a bufferevent, which is the
 * caller's; its event callback gets BEV_EVENT_CONNECTED when TLS stands. NULL: it cannot begin, and *failure says why. host is
 * the name or address that the certificate must be for, unless security names another. *store keeps what connections have in
 * common, such as the certificates that are trusted; it is NULL at first.
 */
struct bufferevent *tls_begin(struct tls_store **store, struct loop *loop, int fd, const struct security *security,
			      const char *host, struct outcome *failure);

/*
 * Returns what an error or the end of a connection in TLS means, which its bufferevent has reported. established: TLS stood
 * before. was_reset: the connection was reset; that counts if there was no word of TLS.
 */
struct outcome tls_failure(struct bufferevent *talk, const struct security *security, bool established, bool was_reset);

/*
 * Sends what is still in the bufferevent, as far as it goes at once, and that no more will follow, so that the service does
 * not miss the end of TLS. Frees the bufferevent.
 */
void tls_end(struct bufferevent *talk);

/*
 * Lets another context of OpenSSL, an SSL_CTX, trust the certificates of ca_file; NULL: those of the system. They are read once,
 * and again when the file has changed. Returns false if the file cannot be used.
 */
bool tls_trust(void *context, struct tls_store **store, const char *ca_file);

/* Frees what the connections had in common; *store may be NULL. */
void tls_store_free(struct tls_store **store);

#endif
