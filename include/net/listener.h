/* Listens at a port of this machine's loopback addresses, or at a socket, and hands over the connections. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errors.h"
#include "net/loop.h"

/* So many may wait to be accepted; the kernel has a maximum of its own. */
enum { LISTENER_ADDRESSES = 2, LISTENER_BACKLOG = 4096 };

struct listener {
	struct loop *loop;
	uint16_t port;
	int fds[LISTENER_ADDRESSES]; /* of 127.0.0.1 and ::1, or of another socket; -1: none */
	struct loop_watch watches[LISTENER_ADDRESSES];
	struct loop_timer again; /* the process had no descriptor for a connection */
	bool paused;
	void (*accepted)(void *arg, int fd);
	void *arg;
};

/*
 * Listens at 127.0.0.1:port, and at [::1]:port where the machine has that and nobody else does. port 0: a free one. If `any` is
 * true, a free one takes the place of a port that is taken or not allowed. accepted gets each connection, which does not block
 * and is its own from then on. Returns -1 with err, without an open descriptor.
 */
int listener_open(struct listener *listener, struct loop *loop, uint16_t port, bool any,
		  void (*accepted)(void *arg, int fd), void *arg, struct error *err);

/* The same for a socket that listens already, and is the listener's from then on. It has port 0. */
void listener_open_socket(struct listener *listener, struct loop *loop, int fd, void (*accepted)(void *arg, int fd),
			  void *arg);

/* Connections wait in the kernel while it is paused. */
void listener_pause(struct listener *listener, bool paused);

/* Does it accept nobody now, because it is paused or has no descriptor? */
bool listener_is_full(const struct listener *listener);

/* Accepts now whoever has connected so far, unless it is paused. */
void listener_take(struct listener *listener);

/* Whoever has not been accepted is reset. Also valid for one that is closed or zeroed. */
void listener_close(struct listener *listener);

#endif
