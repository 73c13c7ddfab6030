/* The place where an outcome was found: host, port and address. A plain value without pointers. */
#ifndef TARGET_PLACE_H
#define TARGET_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/target.h"

/*
 * Buffer sizes. A host name has at most 253 characters and a last dot (RFC 1035, 2.3.4). The path of a Unix socket has
 * at most 107 (unix(7)). place_text adds brackets and a port, place_all_text another place or a number.
 */
enum {
	PLACE_HOST_MAX = 256,
	PLACE_ADDRESS_MAX = 108,
	PLACE_TEXT_MAX = PLACE_ADDRESS_MAX + 8,
	PLACE_ALL_MAX = 2 * PLACE_TEXT_MAX + 8
};

struct place {
	char host[PLACE_HOST_MAX];       /* "" when there is none */
	char address[PLACE_ADDRESS_MAX]; /* numeric, without port, or a path; "" if none was tried */
	uint16_t port;
	bool from_variable;         /* the address comes from a link or service variable, not from DNS */
	size_t others;              /* at how many more addresses the same was found */
	char other[PLACE_TEXT_MAX]; /* the first of them, as place_text writes it */
};

/* Returns the place of an endpoint before its address is known; nowhere, for a target that has none (NULL). */
struct place place_of(const struct endpoint *endpoint);

/* Writes "172.17.0.2:5432", "[fd00::2]:5432", "/run/pg", or "" for no address. out: PLACE_TEXT_MAX. Returns out. */
char *place_text(const struct place *place, char *out, size_t size);

/* Notes that the same was found at another place. A place without an address does not count. */
void place_add_other(struct place *place, const struct place *other);

/* Writes "127.0.0.1:1", "[::1]:1 and 127.0.0.1:1", or "127.0.0.1:1 and 3 more". out: PLACE_ALL_MAX. Returns out. */
char *place_all_text(const struct place *place, char *out, size_t size);

#endif
