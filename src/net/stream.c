#include "net/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAM_DRAIN_MAX = 64 * 1024 };

/*
 * Are both ends the same? The kernel may choose the wanted port as our own and connect the socket to itself (FACTS 20).
 */
static bool stream_is_own_reflection(int fd, const struct sockaddr_storage *there, socklen_t there_len)
{
	struct sockaddr_storage here;
	socklen_t here_len = sizeof(here);

	if (there->ss_family == AF_UNIX)
		return false; /* a Unix socket cannot connect to itself, and neither end needs a name */
	memset(&here, 0, sizeof(here));
	return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 && here_len == there_len &&
	       memcmp(&here, there, here_len) == 0;
}

/* Returns the state of the socket as an outcome; OUTCOME_NONE if it is neither connected nor failed. */
static struct outcome stream_look(int fd)
{
	struct sockaddr_storage there;
	socklen_t there_len = sizeof(there), len = sizeof(int);
	int error_number = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &len))
		error_number = errno;
	if (error_number)
		return outcome_from_errno(error_number);
	memset(&there, 0, sizeof(there));
	if (getpeername(fd, (struct sockaddr *)&there, &there_len))
		return outcome_make(OUTCOME_NONE, NULL);
	return outcome_make(stream_is_own_reflection(fd, &there, there_len) ? OUTCOME_REFUSED : OUTCOME_READY, NULL);
}

struct outcome stream_connect_result(int fd)
{
	struct outcome result = stream_look(fd);

	/* A connect that was interrupted before it began leaves no error, yet epoll reports the socket as writable. */
	return result.kind == OUTCOME_NONE ? outcome_make(OUTCOME_LOCAL, "the connection was not made") : result;
}

/* Nobody is connected: a descriptor that was refused is used again. */
static void stream_give_up(struct stream *stream, const struct outcome *outcome)
{
	if (outcome->kind == OUTCOME_REFUSED)
		sockets_give(stream->sockets, stream_release(stream), stream->family, stream->uses);
	stream_close(stream);
}

static void stream_on_connected(void *arg)
{
	struct stream *stream = arg;

	loop_watch_clear(&stream->watch);
	stream->connected_fn(stream->arg);
}

static void stream_on_ready(void *arg, bool readable, bool writable)
{
	struct stream *stream = arg;
	struct outcome result;

	(void)writable;
	if (stream->connected) {
		if (readable)
			stream->readable_fn(stream->arg);
		return;
	}
	result = stream_connect_result(stream->fd);
	if (result.kind != OUTCOME_READY) {
		stream_give_up(stream, &result);
		stream->failed_fn(stream->arg, &result);
		return;
	}
	stream->connected = true;
	stream_on_connected(stream);
}

/*
 * Calls connect and checks the result before it adds the descriptor to epoll. On this machine and in local networks the
 * answer is often there when connect returns; epoll would cost three more system calls and a turn of the loop.
 */
static struct outcome stream_begin(struct stream *stream, const struct address *address)
{
	struct outcome result;

	if (connect(stream->fd, &address->any, address->length) && errno != EINPROGRESS && errno != EINTR)
		return outcome_from_errno(errno);
	result = stream_look(stream->fd);
	if (result.kind == OUTCOME_NONE) {
		loop_watch_set(stream->loop, &stream->watch, stream->fd, false, true);
		return outcome_make(OUTCOME_READY, NULL);
	}
	stream->connected = result.kind == OUTCOME_READY;
	if (stream->connected)
		loop_timer_set(&stream->soon, 0);
	return result;
}

struct outcome stream_connect(struct stream *stream, struct loop *loop, struct sockets *sockets,
			      const struct address *address, void (*connected)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg)
{
	struct outcome outcome;

	*stream = (struct stream){
		.loop = loop,
		.family = address->any.sa_family,
		.sockets = sockets,
		.watch = {.ready = stream_on_ready, .arg = stream},
		.connected_fn = connected,
		.failed_fn = failed,
		.arg = arg,
	};
	loop_timer_init(loop, &stream->soon, stream_on_connected, stream);
	stream->fd = sockets_open(sockets, stream->family, &stream->uses);
	if (stream->fd < 0)
		return errno == EAFNOSUPPORT ? outcome_make(OUTCOME_UNREACHABLE, "%s", strerror(errno))
					     : outcome_make(OUTCOME_LOCAL, "%s", strerror(errno));
	outcome = stream_begin(stream, address);
	if (outcome.kind != OUTCOME_READY)
		stream_give_up(stream, &outcome);
	return outcome;
}

void stream_watch(struct stream *stream, void (*readable)(void *arg))
{
	stream->readable_fn = readable;
	loop_watch_set(stream->loop, &stream->watch, stream->fd, true, false);
}

ssize_t stream_read(struct stream *stream, void *data, size_t size)
{
	ssize_t got;

	do
		got = recv(stream->fd, data, size, 0);
	while (got < 0 && errno == EINTR);
	return got;
}

void stream_drain(int fd)
{
	char waste[4096];
	size_t drained = 0;
	ssize_t got = 1;

	for (; drained < STREAM_DRAIN_MAX && got > 0; drained += (size_t)got)
		if ((got = recv(fd, waste, sizeof(waste), MSG_DONTWAIT)) <= 0)
			break;
}

int stream_release(struct stream *stream)
{
	int fd = stream->fd;

	loop_watch_clear(&stream->watch);
	loop_timer_clear(&stream->soon);
	stream->fd = -1;
	return fd;
}

void stream_close(struct stream *stream)
{
	if (stream->fd < 0)
		return;
	loop_watch_clear(&stream->watch);
	loop_timer_clear(&stream->soon);
	if (stream->connected)
		stream_drain(stream->fd);
	close(stream->fd);
	stream->fd = -1;
}
