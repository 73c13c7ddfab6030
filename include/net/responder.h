/* Answers every HTTP request with a document: 200 if all is well, else 503. Built on libevent's evhttp. */
#ifndef NET_RESPONDER_H
#define NET_RESPONDER_H

#include <stdbool.h>

#include "base/errors.h"
#include "net/loop.h"

struct evhttp;

struct responder {
	struct evhttp *http;
	const char *path; /* of a Unix socket, which is removed at the end; NULL: none */
	/* Returns whether all is well, and sets *text to the document, which the responder frees. */
	bool (*answer)(void *arg, char **text);
	void *arg;
};

/* Checks "unix:PATH" or "tcp:PORT". Returns -1 with err. */
int responder_check(const char *where, struct error *err);

/*
 * Listens there: at a port of all addresses, or at a Unix socket, which replaces one that nobody listens at. where must outlive
 * the responder, and so must loop. A client has some seconds for its request. Returns -1 with err.
 */
int responder_open(struct responder *responder, struct loop *loop, const char *where,
		   bool (*answer)(void *arg, char **text), void *arg, struct error *err);

/* Also valid for a zeroed one. */
void responder_close(struct responder *responder);

#endif
