/*
 * Where the addresses of an attempt come from: the endpoints of its target, each with its look-up, and those that were found
 * on the way: in SRV records, or because a probe named them.
 */
#ifndef ATTEMPT_SOURCES_H
#define ATTEMPT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/services.h"
#include "net/resolve.h"
#include "net/session.h"
#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

/* One host and port, and the look-up of the host. */
struct source {
	const struct endpoint *endpoint;
	struct resolve *resolve;
	struct endpoint own; /* of one that was found: its endpoint */
	bool found;          /* it is none of the target's endpoints */
	bool tried;          /* in this attempt it gave an address already */
};

struct sources {
	struct session *session;
	const struct target *target;
	struct source **list; /* those that were found in this attempt come first, then the target's */
	size_t count, found_count;
	struct source **kept; /* those that were found in the last attempt: their look-ups go on */
	size_t kept_count;
	struct services *services; /* NULL: the target's endpoints are looked up themselves */
	int64_t waited;            /* as in resolve_start */
	size_t open;               /* those before this index had no untried address */
	size_t awaited;            /* index of one whose look-up may be running */
	bool by_name;              /* a name must be looked up, so that addresses may change */
	void (*news)(void *arg);
	void *arg;
};

/*
 * Prepares the sources of a target. session and target must outlive them. During an attempt the loop calls news when there
 * are more addresses and when a look-up is over, but never inside a function of this file.
 */
void sources_open(struct sources *sources, struct session *session, const struct target *target,
		  void (*news)(void *arg), void *arg);
void sources_close(struct sources *sources);

/* Starts the look-ups of a new attempt; waited is as in resolve_start. Returns whether there are addresses to try now. */
bool sources_start(struct sources *sources, int64_t waited);

/*
 * Adds an endpoint that was found. It comes after those that were found before, and before the target's own: who was asked
 * for it is of no use any more. host is copied. Returns false if it is known in this attempt already.
 */
bool sources_add(struct sources *sources, const char *host, uint16_t port);

/* Looks all names up again in the same attempt. New addresses are tried after the present ones. */
void sources_repeat(struct sources *sources);

/* Ends the attempt: news is not called any more. */
void sources_leave(struct sources *sources);

/* Is there an address that was not tried in this attempt? */
bool sources_has_next(struct sources *sources);

/* Is the address of this place one that the target has? True as long as its family has not been answered: then nobody knows. */
bool sources_have_address(const struct sources *sources, const struct place *place);

/*
 * Returns the next address that was not tried yet, and sets *of to where it is from; NULL if there is none so far. last and
 * last_family are those of the address before; NULL and AF_UNSPEC for the first. The result is valid until the caller
 * returns to the loop.
 */
const struct resolve_address *sources_next(struct sources *sources, const struct source *last, int last_family,
					   const struct source **of);

/* Is a look-up still running? */
bool sources_await(struct sources *sources);

/* Is one running of an endpoint that was found, of which no address was tried yet? */
bool sources_await_found(const struct sources *sources);

/* Were SRV records looked up, and do they lead nowhere? Then *outcome is why. */
bool sources_lack_services(const struct sources *sources, struct outcome *outcome);

/*
 * Walks over the look-ups that ended without an address. *walk must be 0 at first. Returns the next one, and sets *outcome to
 * why; NULL if there is none any more.
 */
const struct source *sources_failed(const struct sources *sources, size_t *walk, struct outcome *outcome);

#endif
