/* Answers every HTTP request with a document: 200 if all is well, else 503. Built on libevent's evhttp. */
#ifndef NET_RESPONDER_H
#define NET_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "net/loop.h"

struct bufferevent;
struct evconnlistener;
struct evhttp;

enum { RESPONDER_CLIENTS = 32 };

/* A connection that evhttp may have ended. */
struct responder_client {
	struct bufferevent *events;
	int64_t since; /* clock_now() time */
};

struct responder {
	struct evhttp *http;
	struct evconnlistener *listener;
	struct responder_client clients[RESPONDER_CLIENTS];
	size_t count, most;
	struct loop_timer sweep; /* while there are clients */
	const char *path;        /* of a Unix socket, which is removed at the end; NULL: none */
	/* Returns whether all is well, and sets *text to the document, which the responder frees. */
	bool (*answer)(void *arg, char **text);
	void *arg;
};

/* Checks "unix:PATH", "tcp:PORT" or "tcp:ADDRESS:PORT". Returns -1 with err. */
int responder_check(const char *where, struct error *err);

/* Checks that it can listen there now. Returns -1 with err. */
int responder_rehearse(const char *where, struct error *err);

/*
 * Listens there: at a port of all addresses or of one, or at a Unix socket, which replaces one that nobody listens at. where must
 * outlive the responder, which must stay where it is, and so must loop. A client has some seconds for its request; more clients than
 * there may be wait in the kernel. Returns -1 with err.
 */
int responder_open(struct responder *responder, struct loop *loop, const char *where,
		   bool (*answer)(void *arg, char **text), void *arg, struct error *err);

/* Also valid for a zeroed one. */
void responder_close(struct responder *responder);

#endif
