/* A connection to a place of a target, and nothing more: names are looked up, and addresses race, as for any attempt. */
#ifndef ATTEMPT_CONNECTOR_H
#define ATTEMPT_CONNECTOR_H

#include <stdint.h>

#include "attempt/attempt.h"
#include "target/endpoint.h"

struct connector {
	struct target target; /* for the attempt: one endpoint, and the settings of the target that is meant */
	struct endpoint endpoint;
	struct attempt *attempt;
	int fd; /* the connection; -1: none */
	void (*done)(void *arg, int fd, const struct outcome *outcome);
	void *arg;
};

/*
 * Connects to the endpoint, which is copied but for its texts; these must stay. There must be a socket in the session
 * (session_take_socket), which is the connector's from now on. done is called once, by the loop: with the connection, which
 * does not block and is the caller's from then on, or with -1 and why there is none. It may free the connector.
 */
void connector_open(struct connector *connector, struct runner_pool *pool, const struct target *target,
		    const struct endpoint *endpoint, void (*done)(void *arg, int fd, const struct outcome *outcome),
		    void *arg);

/* Also while it connects; then done is not called. Also valid for a zeroed one. */
void connector_close(struct connector *connector);

#endif
