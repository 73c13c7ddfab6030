/* A scripted peer: a listener on loopback whose connections are served by callbacks of the test's own loop. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit_loop.h"

enum { PEER_CONNECTIONS = 8 };

enum peer_action {
	PEER_HOLD,    /* the end of every script: keep the connection open and read on */
	PEER_SAY,     /* send data */
	PEER_STARTUP, /* read PostgreSQL's first message, which has a length and no type */
	PEER_MESSAGE, /* read one message of a type and a length */
	PEER_CLOSE,
	PEER_RESET
};

struct peer_step {
	enum peer_action action;
	const char *data;
	size_t len;
};

/* A step that sends the bytes of a literal, its own NUL not among them. */
#define peer_say(literal)                              \
	{                                              \
		PEER_SAY, literal, sizeof(literal) - 1 \
	}

struct peer_connection {
	struct peer *peer;
	struct loop_watch watch;
	int fd; /* -1: closed by this side */
	size_t step;
	char received[4096];
	size_t received_len, taken;
	size_t beside; /* other connections that were open when its startup message was there */
	bool over;     /* the other side closed, or this one did */
	bool reset;    /* the other side hung up with RST, not FIN (FACTS 21) */
};

struct peer {
	struct unit_loop *unit;
	struct loop_watch watch;
	int listener;
	uint16_t port;
	const struct peer_step *script; /* of every connection from now on */
	struct peer_connection connections[PEER_CONNECTIONS];
	size_t count;
	bool awaits_end;
};

void peer_open(struct peer *peer, struct unit_loop *unit, const char *host, const struct peer_step *script);

/* The same on a socket that listens already, which becomes the peer's. */
void peer_open_on(struct peer *peer, struct unit_loop *unit, int listener, const struct peer_step *script);

void peer_close(struct peer *peer);

/* Runs the loop until every connection there was is over. */
void peer_await_end(struct peer *peer, const char *row);

#endif
