/* Sockets on loopback, on ports that the kernel chooses. All fail the running test when they cannot. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

/* "127.0.0.1" or "::1" and a port as a socket address. */
struct address loopback_address(const char *host, uint16_t port);

/*
 * A socket bound to host and *port (0: the kernel chooses, and *port tells). It does not listen: whoever
 * connects is refused for as long as it is open, since nobody else can get the port.
 */
int loopback_bind(const char *host, uint16_t *port);

/* The same, and it listens. Without anybody to accept, connections are accepted by the kernel and stay silent. */
int loopback_listen(const char *host, uint16_t *port);

/*
 * A listener that is full: SYNs that come now are dropped, and a connection begun hangs. *filler is what fills
 * it; both are the caller's to close.
 */
int loopback_listen_full(const char *host, uint16_t *port, int *filler);

/* text with an R replaced by the port that refuses and an L by the one that listens. The caller's. */
char *loopback_text(const char *text, uint16_t refusing, uint16_t listening);

/* Can ::1 be bound? In many containers it cannot. */
bool loopback_has_v6(void);

#endif
