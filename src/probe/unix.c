/* unix://: ready when a Unix stream socket accepts a connection. See unix(7) and connect(2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/percent.h"
#include "net/address.h"
#include "net/stream.h"
#include "probe/unixpath.h"
#include "target/scheme.h"

struct unix_state {
	int fd;
};

/* connect(2) fails with ECONNREFUSED for a file that is not a socket, as it does for a socket without a listener. */
static bool unix_is_no_socket(const struct address *address)
{
	struct stat found;

	return stat(address->local.sun_path, &found) == 0 && !S_ISSOCK(found.st_mode);
}

/* Returns the outcome of a failed connect(2). On a Unix socket it fails at once; it is never in progress. */
static struct outcome unix_judge(const struct address *address, int reason)
{
	if ((reason == ECONNREFUSED || reason == EACCES) && unix_is_no_socket(address))
		return outcome_make(OUTCOME_LOCAL, "the file is not a socket"); /* not down: the path may be wrong */
	if (reason == EACCES)                                                   /* a service may listen there */
		return outcome_make(OUTCOME_LOCAL, "permission denied");
	if (reason == EPROTOTYPE) /* a service listens there */
		return outcome_make(OUTCOME_UNSUITABLE, "the socket is for datagrams or packets, not a stream");
	return outcome_from_errno(reason);
}

/* No proxy accepts connections for a service here, so one that is accepted is enough (compare src/probe/tcp.c). */
static struct outcome unix_connect(int fd, const struct address *address)
{
	if (fd < 0)
		return outcome_make(OUTCOME_LOCAL, "%s", strerror(errno));
	if (connect(fd, &address->any, address->length))
		return unix_judge(address, errno);
	return stream_connect_result(fd);
}

static void unix_start(struct probe *probe)
{
	struct unix_state *state = probe->state;
	struct outcome outcome;

	state->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	outcome = unix_connect(state->fd, probe->address);
	probe_finish(probe, &outcome);
}

/* If unread bytes were left, close would reset the connection. After shutdown, no more bytes can arrive. */
static void unix_stop(struct probe *probe)
{
	struct unix_state *state = probe->state;

	if (state->fd < 0)
		return;
	shutdown(state->fd, SHUT_RDWR);
	stream_drain(state->fd);
	close(state->fd);
}

static int unix_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	char *path;

	(void)env;
	(void)log;
	if (target->tail[0] != '/' || !target->tail[1])
		return errors_set(err, "the path is missing; write unix:///path");
	if (strchr(target->tail, '?'))
		return errors_set(err, "unix:// has no parameters; write unix:///path, and a '?' in it as %%3F");
	path = percent_decode(target->tail, strlen(target->tail));
	if (!path)
		return errors_set(err, "a path cannot hold %%00; write unix:///path");
	return unixpath_set(target, path, err);
}

static const struct protocol unix_protocol = {
	.state_size = sizeof(struct unix_state),
	.bind = unix_bind,
	.start = unix_start,
	.stop = unix_stop,
};

const struct scheme scheme_unix = {
	.name = "unix",
	.summary = "the Unix socket accepts connections",
	.example = "unix:///path",
	.needs = SCHEME_NEEDS_NOTHING,
	.protocol = &unix_protocol,
};
