#include "net/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/address.h"

/* So many are accepted in one turn of the loop. */
enum { LISTENER_TURN = 64 };

/* A process without a free descriptor tries again so much later: the kernel would say at once that it can accept. */
#define LISTENER_AGAIN (100 * CLOCK_MS)

static const char *const listener_hosts[LISTENER_ADDRESSES] = {"127.0.0.1", "::1"};

/* Returns a descriptor that listens; -1 with errno. */
static int listener_bind(const char *host, uint16_t port)
{
	const int on = 1;
	struct address address;
	int fd, reason;

	address_of_host(&address, host, port);
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address.any, address.length) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

static uint16_t listener_port(int fd)
{
	struct address address = {0};
	socklen_t length = sizeof(address.v6);

	return getsockname(fd, &address.any, &length) ? 0 : address_port(&address);
}

static void listener_watch(struct listener *listener)
{
	for (int i = 0; i < LISTENER_ADDRESSES; i++)
		if (listener->fds[i] >= 0)
			loop_watch_set(listener->loop, &listener->watches[i], listener->fds[i],
				       !listener->paused && !loop_timer_is_set(&listener->again), false);
}

static void listener_on_again(void *arg)
{
	listener_watch(arg);
}

/* Accepts those of one turn. Returns whether there may be more. */
static bool listener_accept(struct listener *listener, int fd)
{
	for (int i = 0; i < LISTENER_TURN && !listener->paused; i++) {
		int taken = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (taken >= 0) {
			listener->accepted(listener->arg, taken);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			loop_timer_set(&listener->again, LISTENER_AGAIN);
			listener_watch(listener);
			return false;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return false;
		}
	}
	return !listener->paused;
}

static void listener_on_first(void *arg, bool readable, bool writable)
{
	struct listener *listener = arg;

	(void)readable;
	(void)writable;
	listener_accept(listener, listener->fds[0]);
}

static void listener_on_second(void *arg, bool readable, bool writable)
{
	struct listener *listener = arg;

	(void)readable;
	(void)writable;
	listener_accept(listener, listener->fds[1]);
}

void listener_open_socket(struct listener *listener, struct loop *loop, int fd, void (*accepted)(void *arg, int fd),
			  void *arg)
{
	*listener = (struct listener){.loop = loop, .fds = {fd, -1}, .accepted = accepted, .arg = arg};
	listener->watches[0] = (struct loop_watch){.ready = listener_on_first, .arg = listener};
	listener->watches[1] = (struct loop_watch){.ready = listener_on_second, .arg = listener};
	loop_timer_init(loop, &listener->again, listener_on_again, listener);
	listener_watch(listener);
}

int listener_open(struct listener *listener, struct loop *loop, uint16_t port, bool any,
		  void (*accepted)(void *arg, int fd), void *arg, struct error *err)
{
	int fd = listener_bind(listener_hosts[0], port);

	*listener = (struct listener){.fds = {-1, -1}};
	if (fd < 0 && any && (errno == EADDRINUSE || errno == EACCES))
		fd = listener_bind(listener_hosts[0], 0);
	if (fd < 0)
		return errors_set(err, "cannot listen at 127.0.0.1:%u: %s", (unsigned)port, strerror(errno));
	listener_open_socket(listener, loop, fd, accepted, arg);
	listener->port = listener_port(fd);
	listener->fds[1] = listener_bind(listener_hosts[1], listener->port);
	listener_watch(listener);
	return 0;
}

void listener_pause(struct listener *listener, bool paused)
{
	if (listener->paused == paused)
		return;
	listener->paused = paused;
	listener_watch(listener);
}

bool listener_is_full(const struct listener *listener)
{
	return listener->paused || loop_timer_is_set(&listener->again);
}

void listener_take(struct listener *listener)
{
	for (int i = 0; i < LISTENER_ADDRESSES; i++)
		while (listener->fds[i] >= 0 && listener_accept(listener, listener->fds[i]))
			;
}

void listener_close(struct listener *listener)
{
	if (!listener->loop)
		return;
	loop_timer_clear(&listener->again);
	for (int i = 0; i < LISTENER_ADDRESSES; i++) {
		loop_watch_clear(&listener->watches[i]);
		if (listener->fds[i] >= 0)
			close(listener->fds[i]);
		listener->fds[i] = -1;
	}
}
