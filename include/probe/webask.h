/* A probe that is one HTTP request: connects, asks, and lets a function judge the reply. */
#ifndef PROBE_WEBASK_H
#define PROBE_WEBASK_H

#include "attempt/probe.h"
#include "net/fetch.h"
#include "net/stream.h"

/* probe->state, or the first member of it. */
struct webask {
	struct stream stream;
	struct fetch fetch;
	const struct fetch_request *request;
	size_t body_max;
	struct outcome (*judge)(struct probe *probe, const struct fetch_reply *reply);
};

/*
 * Asks at address, and finishes the probe with what judge says of the whole reply, or of body_max bytes of its body. address
 * and request, which must outlive the probe, are the caller's. The probe's stop calls webask_stop.
 */
void webask_start(struct probe *probe, const struct address *address, const struct fetch_request *request,
		  size_t body_max, struct outcome (*judge)(struct probe *probe, const struct fetch_reply *reply));

/* Safe if webask_start was never called: the state is zeroed then. */
void webask_stop(struct probe *probe);

#endif
