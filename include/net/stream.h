/* One TCP or Unix connection that never blocks: connects, reads, and closes so that the peer logs nothing. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/address.h"
#include "net/loop.h"
#include "net/sockets.h"
#include "target/outcome.h"

struct stream {
	struct loop *loop;
	int fd; /* -1: not open */
	int family;
	struct sockets *sockets; /* may be NULL */
	unsigned uses;           /* of the descriptor before this one (sockets_open) */
	bool connected;
	struct loop_watch watch;
	struct loop_timer soon; /* calls connected_fn if connect succeeded immediately */
	void (*connected_fn)(void *arg);
	void (*readable_fn)(void *arg);
	void (*failed_fn)(void *arg, const struct outcome *outcome);
	void *arg;
};

/*
 * Starts to connect. Returns READY if the attempt goes on: then either `connected` or `failed` is called once, by the
 * loop. Any other outcome means that it failed immediately: then no callback follows, and the stream is closed.
 * `failed` gets a closed stream too. *stream must not move before stream_close; its old contents are overwritten.
 * address is not kept. The descriptor comes from sockets, which may be NULL, and goes back there if it is refused.
 */
struct outcome stream_connect(struct stream *stream, struct loop *loop, struct sockets *sockets,
			      const struct address *address, void (*connected)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg);

/* Call it when connected: from then on readable is called whenever there is data or the peer has closed. */
void stream_watch(struct stream *stream, void (*readable)(void *arg));

/* Reads like recv(2): returns the number of bytes, 0 if the peer has closed, or -1 with errno. */
ssize_t stream_read(struct stream *stream, void *data, size_t size);

/* Reads and drops up to 64 KiB of waiting data without blocking. For a socket that a library closes. */
void stream_drain(int fd);

/* Returns the connected descriptor, which the caller must close. The stream is closed without draining. */
int stream_release(struct stream *stream);

/* Drains and closes, so that the peer gets FIN and not RST, which servers log (FACTS 21). May be called twice. */
void stream_close(struct stream *stream);

/*
 * Returns the result of a non-blocking connect on fd, which is writable now: READY only if it has a peer that is not fd
 * itself (FACTS 20). Clears the pending error of the socket.
 */
struct outcome stream_connect_result(int fd);

#endif
