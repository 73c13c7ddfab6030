#include "net/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAM_DRAIN_MAX = 64 * 1024 };

static socklen_t stream_address_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* Both ends the same: the kernel picked the port we asked for as our own, and connected us to ourselves (FACTS 20). */
static bool stream_is_own_reflection(int fd)
{
	struct sockaddr_storage here, there;
	socklen_t here_len = sizeof(here), there_len = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 && here_len == there_len &&
	       memcmp(&here, &there, here_len) == 0;
}

struct outcome stream_connect_result(int fd)
{
	int error_number = 0;
	socklen_t len = sizeof(error_number);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &len))
		error_number = errno;
	if (error_number)
		return outcome_from_errno(error_number);
	if (stream_is_own_reflection(fd))
		return outcome_make(OUTCOME_REFUSED, NULL);
	return outcome_make(OUTCOME_READY, NULL);
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
		stream_close(stream);
		stream->failed_fn(stream->arg, &result);
		return;
	}
	stream->connected = true;
	loop_watch_set(stream->loop, &stream->watch, stream->fd, true, false);
	stream->connected_fn(stream->arg);
}

struct outcome stream_connect(struct stream *stream, struct loop *loop, const struct sockaddr_storage *address,
			      void (*connected)(void *arg), void (*readable)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg)
{
	struct outcome outcome;

	*stream = (struct stream){
		.loop = loop,
		.watch = {.ready = stream_on_ready, .arg = stream},
		.connected_fn = connected,
		.readable_fn = readable,
		.failed_fn = failed,
		.arg = arg,
	};
	stream->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0)
		return errno == EAFNOSUPPORT ? outcome_make(OUTCOME_UNREACHABLE, "%s", strerror(errno))
					     : outcome_make(OUTCOME_LOCAL, "%s", strerror(errno));
	if (connect(stream->fd, (const struct sockaddr *)address, stream_address_length(address)) == 0 ||
	    errno == EINPROGRESS || errno == EINTR) {
		loop_watch_set(loop, &stream->watch, stream->fd, false, true);
		return outcome_make(OUTCOME_READY, NULL);
	}
	outcome = outcome_from_errno(errno);
	stream_close(stream);
	return outcome;
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

void stream_close(struct stream *stream)
{
	if (stream->fd < 0)
		return;
	loop_watch_clear(&stream->watch);
	if (stream->connected)
		stream_drain(stream->fd);
	close(stream->fd);
	stream->fd = -1;
}
