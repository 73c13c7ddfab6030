/* A scripted peer: a listener on loopback whose connections are served by callbacks of the test's own loop. */
#ifndef SPEAKER_H
#define SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit_loop.h"

enum { SPEAKER_CONNECTIONS = 8 };

enum speaker_action {
	SPEAKER_HOLD,    /* the end of every script: keep the connection open and read on */
	SPEAKER_SAY,     /* send data */
	SPEAKER_STARTUP, /* read PostgreSQL's first message, which has a length and no type */
	SPEAKER_MESSAGE, /* read one message of a type and a length */
	SPEAKER_CLOSE,
	SPEAKER_RESET
};

struct speaker_step {
	enum speaker_action action;
	const char *data;
	size_t len;
};

/* A step that sends the bytes of a literal, its own NUL not among them. */
#define speaker_say(literal)                              \
	{                                                 \
		SPEAKER_SAY, literal, sizeof(literal) - 1 \
	}

struct speaker_connection {
	struct speaker *peer;
	struct loop_watch watch;
	int fd; /* -1: closed by this side */
	size_t step;
	char received[4096];
	size_t received_len, taken;
	size_t beside; /* other connections that were open when its startup message was there */
	bool over;     /* the other side closed, or this one did */
	bool reset;    /* the other side hung up with RST, not FIN (FACTS 21) */
};

struct speaker {
	struct unit_loop *unit;
	struct loop_watch watch;
	int listener;
	uint16_t port;
	const struct speaker_step *script; /* of every connection from now on */
	struct speaker_connection connections[SPEAKER_CONNECTIONS];
	size_t count;
	bool awaits_end;
};

void speaker_open(struct speaker *peer, struct unit_loop *unit, const char *host, const struct speaker_step *script);

/* The same on a socket that listens already, which becomes the peer's. */
void speaker_open_on(struct speaker *peer, struct unit_loop *unit, int listener, const struct speaker_step *script);

void speaker_close(struct speaker *peer);

/* Runs the loop until every connection there was is over. */
void speaker_await_end(struct speaker *peer, const char *row);

#endif
