/* One host and port where a target may be. */
#ifndef TARGET_ENDPOINT_H
#define TARGET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

/* One host where the target may be. A target has one, or several if its scheme lists hosts. */
struct endpoint {
	char *host;     /* name, address without brackets, or a path that begins with '/' (a Unix socket) */
	uint16_t port;  /* 0: not given yet; after probe_bind: there is none (unix://) */
	char *address;  /* NULL, or a numeric address to use without resolving the host (libpq's hostaddr) */
	char *fallback; /* NULL, or the address from a link or service variable; used if the host does not resolve */
};

/*
 * Reads "host", "host:port", "[v6]" or "[v6]:port" from text[0..len), percent-decoded. A missing port gives 0. On
 * success the caller releases *endpoint; on failure (-1) it is unchanged.
 */
int endpoint_parse(struct endpoint *endpoint, const char *text, size_t len, struct error *err);
void endpoint_release(struct endpoint *endpoint);

/* Checks that host is a numeric address, a path, or a name that DNS can carry. Returns -1 and sets err if not. */
int endpoint_check_host(const char *host, struct error *err);

/* Can a service be at this host and port, as somebody else names them? Not at a path. */
bool endpoint_is_place(const char *host, uint16_t port);

/* Reads a port from text[0..len): digits only, 1 to 65535. Returns -1 and sets err for anything else. */
int endpoint_parse_port(const char *text, size_t len, uint16_t *port, struct error *err);

/* Returns AF_INET or AF_INET6 for a numeric address, AF_UNIX for a path, AF_UNSPEC for a name. */
int endpoint_family(const char *host);

#endif
