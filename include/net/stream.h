/* One TCP (or Unix) connection without blocking: connect, read, and close without hurting the peer. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/address.h"
#include "net/loop.h"
#include "target/outcome.h"

struct stream {
	struct loop *loop;
	int fd; /* -1: not open */
	bool connected;
	struct loop_watch watch;
	struct loop_timer soon; /* tells of a connection that was there at once */
	void (*connected_fn)(void *arg);
	void (*readable_fn)(void *arg);
	void (*failed_fn)(void *arg, const struct outcome *outcome);
	void *arg;
};

/*
 * Starts to connect. Exactly one of `connected` and `failed` follows, on a later turn of the loop, or
 * failed is returned at once as an outcome other than READY. stream must stay where it is until stream_close.
 */
struct outcome stream_connect(struct stream *stream, struct loop *loop, const struct address *address,
			      void (*connected)(void *arg), void (*failed)(void *arg, const struct outcome *outcome),
			      void *arg);

/* From `connected` on: readable is called whenever there is data or the end of it. */
void stream_watch(struct stream *stream, void (*readable)(void *arg));

/* As recv: the bytes, 0 at the end, -1 with errno. */
ssize_t stream_read(struct stream *stream, void *data, size_t size);

/* Reads and drops what is there, within reason, without blocking. For sockets that somebody else closes. */
void stream_drain(int fd);

/* Gives the connected descriptor to the caller, who closes it. The stream is closed then. */
int stream_release(struct stream *stream);

/* Drains and closes, so that the peer sees FIN and not RST, which servers log (FACTS 21). Twice is fine. */
void stream_close(struct stream *stream);

/* What became of a socket that connects, as an outcome: READY only when it has a peer. Takes the error off the socket. */
struct outcome stream_connect_result(int fd);

#endif
