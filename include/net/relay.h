/* Passes on what two connected sockets say to each other, without looking at it. */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/loop.h"

/* What one of the two has said, and the other has not taken yet. */
struct relay_way {
	char *data; /* NULL: nothing */
	size_t at, len;
	bool ended; /* it has said all, and the other one was told so */
};

struct relay_side {
	struct relay *relay;
	int fd; /* -1: closed */
	struct loop_watch watch;
	struct relay_way way; /* from this side to the other */
};

struct relay {
	struct loop *loop;
	struct relay_side sides[2];
	void (*left)(void *arg);
	void (*ended)(void *arg);
	void *arg;
};

/*
 * Relays between the two sockets, which do not block and belong to the relay from now on. An end is passed on as one
 * (half-close), a reset as a reset. While one side does not take what was said, the other one is not read. left is called once,
 * by the loop, if the other has said all before the one has, or if the connection breaks. ended is called once when both sides
 * are closed; it may free the relay.
 */
void relay_open(struct relay *relay, struct loop *loop, int one, int other, void (*left)(void *arg),
		void (*ended)(void *arg), void *arg);

/* Resets both connections if they are still open. ended is not called. Also valid for a zeroed relay. */
void relay_close(struct relay *relay);

/* Closes the socket with a reset, and not with an end: the other one must not take what it heard for all. */
void relay_reset(int fd);

#endif
