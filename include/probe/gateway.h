/*
 * Is an address the gateway of this network namespace? Seen from a container, the gateway is its host, where the proxies
 * of published ports listen, as on loopback.
 */
#ifndef PROBE_GATEWAY_H
#define PROBE_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

/* A machine with more than this many of a family has tables of a router; the others are ignored. */
enum { GATEWAY_MAX = 16 };

enum { GATEWAY_FAMILIES = 2 }; /* IPv4 and IPv6 */

/* The gateways of a family, as they were read. Zeroed: not read yet. */
struct gateway_family {
	int64_t read_at; /* clock_now() time */
	struct address list[GATEWAY_MAX];
	size_t count;
};

struct gateway {
	struct gateway_family families[GATEWAY_FAMILIES];
};

/*
 * Reads the routes in proc ("/proc"), file net/route or net/ipv6_route, at most once in a second, and returns whether
 * one of them goes through this address, of IPv4 or IPv6. Without the file the answer is no.
 */
bool gateway_is(struct gateway *known, const char *proc, const struct address *address);

#endif
