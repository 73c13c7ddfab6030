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
	bool tried;             /* in this attempt */
};

/*
 * One endpoint's look-up. It lives across attempts: a question outlasts the attempt that asked it, and
 * addresses are kept until they are due to be asked for again.
 */
struct resolve;

/* endpoint must outlive it. dns may be NULL where the endpoint needs no questions. */
struct resolve *resolve_new(struct loop *loop, struct dns *dns, const struct endpoint *endpoint);
void resolve_free(struct resolve *resolve);

/* Is there a name to be asked for, so that the addresses may change? */
bool resolve_is_by_name(const struct resolve *resolve);

/*
 * Begins a look-up for an attempt, or takes what the last one found when that is not older than 10 %
 * of `waited` (microseconds; at least 100 ms, at most 1 s). Returns whether there are addresses to try at once.
 * news is called on later turns of the loop, whenever there are more addresses than before and when the look-up is over,
 * until resolve_leave.
 */
bool resolve_start(struct resolve *resolve, int64_t waited, void (*news)(void *arg), void *arg);

/* Asks for the name again in the same attempt: what is new comes behind what is there. */
void resolve_repeat(struct resolve *resolve);

void resolve_leave(struct resolve *resolve);

/*
 * The next address to try, which is not given again in this attempt; NULL: there is none so far. They come in order,
 * IPv6 and IPv4 in turn (RFC 8305, 4), but one of another family than last_family first (AF_UNSPEC: any): A may be
 * answered long after AAAA, and one dead family must cost one head start, not one for each address. There are none while
 * an answer that should come first is given its 50 ms (RFC 8305, 3). Valid until the next turn of the loop.
 */
const struct resolve_address *resolve_next(struct resolve *resolve, int last_family);

/* Will no more addresses come? Then outcome says why there are none (READY when there are). */
bool resolve_is_over(const struct resolve *resolve, struct outcome *outcome);

#endif
