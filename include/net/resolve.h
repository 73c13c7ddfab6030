/* Finds the addresses of one endpoint, and looks them up again during the wait. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/lookup.h"
#include "net/loop.h"
#include "target/outcome.h"
#include "target/target.h"

struct resolve_address {
	struct address address; /* with the port */
	bool from_variable;     /* the name did not resolve; the address comes from a link or service variable */
	bool tried;             /* resolve_next gave it in this attempt */
};

/*
 * The look-up of one endpoint. It lives as long as the wait: a DNS question can stay open after the attempt that asked
 * it, and the next attempts use its addresses until they are too old.
 */
struct resolve;

/*
 * Returns a look-up, which resolve_free frees. endpoint must outlive it. shared may be NULL if the endpoint is a path or
 * has a numeric address.
 */
struct resolve *resolve_new(struct loop *loop, struct lookup_shared *shared, const struct endpoint *endpoint);

/* Frees it and drops its open questions. NULL does nothing. */
void resolve_free(struct resolve *resolve);

/* Does the endpoint have a name to resolve, so that its addresses may change? */
bool resolve_is_by_name(const struct resolve *resolve);

/*
 * Starts a look-up for a new attempt. It uses the addresses of the last look-up if they are not older than 10 % of
 * `waited`, the time in microseconds since the wait began; this limit is at least 100 ms and at most 1 s. Returns true
 * if there are addresses to try immediately. Until resolve_leave, the loop calls news when there are more addresses
 * and when the look-up is over, but never inside resolve_start.
 */
bool resolve_start(struct resolve *resolve, int64_t waited, void (*news)(void *arg), void *arg);

/* Asks for the name again in the same attempt. New addresses are tried after the present ones. */
void resolve_repeat(struct resolve *resolve);

/* Ends the attempt: news is not called any more. Open questions stay open for the next attempt. */
void resolve_leave(struct resolve *resolve);

/*
 * Returns the next address to try, each only once in an attempt, or NULL if there is none yet. The result is valid
 * until the caller returns to the loop. IPv6 and IPv4 addresses take turns (RFC 8305, 4). An address of another family
 * than last_family comes first (AF_UNSPEC: the first in order), because A may be answered long after AAAA: so a family
 * that cannot connect delays the attempt once, and not once for each of its addresses. If A is answered before AAAA,
 * its addresses are held back for 50 ms (RFC 8305, 3).
 */
const struct resolve_address *resolve_next(struct resolve *resolve, int last_family);

/* Is there an address that was not tried in this attempt? */
bool resolve_has_next(const struct resolve *resolve);

/* Returns true if no more addresses will come. Then *outcome is READY, or the reason why there are no addresses. */
bool resolve_is_over(const struct resolve *resolve, struct outcome *outcome);

/*
 * Is it one of the addresses of the last look-up? address is a text as of address_text. True as long as its family has not been
 * answered: then nobody knows.
 */
bool resolve_has(const struct resolve *resolve, const char *address, uint16_t port);

#endif
