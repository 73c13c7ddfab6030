/* Where is it? The addresses of one endpoint, asked again as the wait goes on. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/dns.h"
#include "net/loop.h"
#include "target/outcome.h"
#include "target/target.h"

struct resolve_address {
	struct address address; /* with the port */
	bool from_variable;     /* the name did not resolve; a link or service variable knew it */
};

/*
 * One endpoint's look-up. It lives across attempts: a question outlasts the attempt that asked it, and
 * addresses are kept until they are due to be asked for again.
 */
struct resolve;

/* endpoint must outlive it. dns may be NULL where the endpoint needs no questions. */
struct resolve *resolve_new(struct loop *loop, struct dns *dns, const struct endpoint *endpoint);
void resolve_free(struct resolve *resolve);

/*
 * Begins a look-up for an attempt, or takes what the last one found when that is not older than 10 %
 * of `waited` (at least 100 ms, at most 1 s). news is called on later turns of the loop, whenever
 * resolve_addresses has more than before and when the look-up is over, until resolve_leave.
 */
void resolve_start(struct resolve *resolve, int64_t waited, void (*news)(void *arg), void *arg);
void resolve_leave(struct resolve *resolve);

/*
 * The addresses to try so far, in order: IPv6 and IPv4 in turn (RFC 8305, 4). Entries are only ever
 * appended between resolve_start and resolve_leave. Empty while an answer that should come first is
 * given its 50 ms (RFC 8305, 3).
 */
const struct resolve_address *resolve_addresses(const struct resolve *resolve, size_t *count);

/* Will no more addresses come? Then outcome says why there are none (READY when there are). */
bool resolve_is_over(const struct resolve *resolve, struct outcome *outcome);

#endif
