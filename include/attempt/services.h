/* The SRV records of a target: they name its hosts and ports, in the order in which these are tried (RFC 2782). */
#ifndef ATTEMPT_SERVICES_H
#define ATTEMPT_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/session.h"
#include "target/outcome.h"

struct services;

/* Who is told, with arg: a callback never comes inside a function of this file. */
struct services_owner {
	void (*add)(void *arg, const char *host, uint16_t port); /* a place that a record names, the best first */
	void (*news)(void *arg); /* all were added, or the time of services_is_holding is over */
	void *arg;
};

/* Prepares to look the SRV records of name up. session must outlive the result, which services_free frees. */
struct services *services_new(struct session *session, const char *name, const struct services_owner *owner);

/* services may be NULL. */
void services_free(struct services *services);

/*
 * Starts a look-up, of an attempt or within one; or lets the last one go on if it is not answered yet. An answer that came
 * between two attempts is used: a slow server would never be in time else.
 */
void services_ask(struct services *services);

/* Ends the attempt: nobody is told any more. */
void services_leave(struct services *services);

/* Is the answer still to come, or not yet told? */
bool services_is_awaited(const struct services *services);

/* Must a host wait for the look-ups of those before it? So it is for a short time after the records have come. */
bool services_is_holding(const struct services *services);

/* Is the answer there? Then *outcome is why it led nowhere: for a caller to whom nothing was added. */
bool services_lack(const struct services *services, struct outcome *outcome);

#endif
