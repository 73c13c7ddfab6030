/* Where an outcome was found: a host, a port and an address, as resolving delivered them. A value, copied freely. */
#ifndef TARGET_PLACE_H
#define TARGET_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/target.h"

/*
 * A host name has at most 253 characters and a last dot (RFC 1035), a Unix socket's path at most 107 (unix(7)). A text has
 * a port and brackets besides.
 */
enum { PLACE_HOST_MAX = 256, PLACE_ADDRESS_MAX = 108, PLACE_TEXT_MAX = PLACE_ADDRESS_MAX + 8 };

struct place {
	char host[PLACE_HOST_MAX];       /* "" when there is none */
	char address[PLACE_ADDRESS_MAX]; /* numeric, without port, or a path; "" when it never came to one */
	uint16_t port;
	bool from_variable; /* only a link or service variable knew the address */
};

/* The place of an endpoint whose address is not known. */
struct place place_of(const struct endpoint *endpoint);

/* "172.17.0.2:5432", "[fd00::2]:5432", "/run/pg", or "" where there was no address. out: PLACE_TEXT_MAX. Returns out. */
char *place_text(const struct place *place, char *out, size_t size);

#endif
