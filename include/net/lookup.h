/*
 * Looks a name up as the app's own resolver does: in /etc/hosts, then in DNS along the search list, for both address
 * families together. SRV records are looked up in DNS along the search list alone.
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <stdbool.h>

#include "net/address.h"
#include "net/loop.h"
#include "net/srv.h"
#include "target/outcome.h"

/* What all look-ups share: the two files, read again when they change, and the DNS servers. */
struct lookup_shared;

/* Returns it for a loop; lookup_unshare frees it. Nothing is opened before the first look-up: many waits make none. */
struct lookup_shared *lookup_share(struct loop *loop);

/* First free all look-ups. NULL does nothing. */
void lookup_unshare(struct lookup_shared *shared);

enum lookup_family { LOOKUP_V6, LOOKUP_V4, LOOKUP_FAMILIES, LOOKUP_SRV = LOOKUP_V4 };

/* What a look-up knows about one family. */
struct lookup_result {
	bool answered;             /* in this round, so since lookup_start */
	bool is_late;              /* the question is open since an earlier round */
	struct outcome outcome;    /* once answered: READY with addresses, else the reason why there are none */
	struct address_list found; /* with port 0; until it is answered, what an earlier round found */
};

/* One name. It lives as long as the wait: an answer may come after the attempt that asked for it. */
struct lookup;

/*
 * Returns a look-up, which lookup_free frees. name must outlive it. `answered` is called when a family is answered,
 * mostly by the loop, and inside lookup_start (of any look-up) if that finds the files changed while this one was open.
 * The callback must not start or free a look-up. is_srv: the SRV records of the name are looked up; their result is that
 * of LOOKUP_SRV, and the other one means nothing.
 */
struct lookup *lookup_new(struct lookup_shared *shared, const char *name, bool is_srv,
			  void (*answered)(void *arg, enum lookup_family family), void *arg);

/* Frees it and drops its questions. NULL does nothing. */
void lookup_free(struct lookup *lookup);

/*
 * Starts a round. The first of these that has an address of any family ends it, as in glibc: /etc/hosts, the names of
 * the search list in order. A and AAAA of one name are asked side by side, and the addresses of one are a result before
 * the other is answered. The next name is asked only when neither has an address: after NXDOMAIN, an empty answer, an
 * error, or silence. If none has, the outcome is the worst that was met; but a single word that does not exist is
 * NO_NAME, even if a search domain gave an error.
 *
 * A round that has no address yet goes on instead, and only asks again for a family that was answered without one. The
 * answer may be known at once, without a callback. If hosts or resolv.conf changes before the answer, the round begins
 * again with the new contents (FACTS 8, 9, 14).
 */
void lookup_start(struct lookup *lookup);

/* Returns the result of a family. It is valid until the caller returns to the loop. */
const struct lookup_result *lookup_result(const struct lookup *lookup, enum lookup_family family);

/* Returns the records that were found last. The caller may reorder them, and must not keep them. */
struct srv_list *lookup_services(struct lookup *lookup);

#endif
