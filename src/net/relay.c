#include "net/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

/* So much is read at once, and so often before other connections have their turn. */
enum { RELAY_CHUNK = 64 * 1024, RELAY_TURNS = 4 };

void relay_reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void relay_close_side(struct relay_side *side, void (*end)(int fd))
{
	loop_watch_clear(&side->watch);
	if (side->fd >= 0)
		end(side->fd);
	side->fd = -1;
	free(side->way.data);
	side->way.data = NULL;
}

static void relay_end_fd(int fd)
{
	close(fd);
}

static void relay_end(struct relay *relay, void (*end)(int fd))
{
	relay_close_side(&relay->sides[0], end);
	relay_close_side(&relay->sides[1], end);
	relay->ended(relay->arg); /* may free the relay */
}

static struct relay_side *relay_other(struct relay_side *side)
{
	return &side->relay->sides[side == side->relay->sides];
}

static bool relay_is_read(const struct relay_side *side)
{
	return !side->way.ended && !side->way.data;
}

static void relay_watch(struct relay_side *side)
{
	bool writes = relay_other(side)->way.data;

	if (relay_is_read(side) || writes)
		loop_watch_set(side->relay->loop, &side->watch, side->fd, relay_is_read(side), writes);
	else
		loop_watch_changes(side->relay->loop, &side->watch, side->fd); /* it may break */
}

/* Sends what it can. Returns how much was taken, 0 for nothing; -1 if the connection is broken. */
static ssize_t relay_send(int fd, const char *data, size_t len)
{
	ssize_t sent;

	do
		sent = send(fd, data, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 && errno == EAGAIN ? 0 : sent;
}

/* Sends more of what the side has said. Returns -1 if the other side is broken. */
static int relay_flush(struct relay_side *side)
{
	struct relay_way *way = &side->way;
	ssize_t sent = relay_send(relay_other(side)->fd, way->data + way->at, way->len - way->at);

	if (sent < 0)
		return -1;
	way->at += (size_t)sent;
	if (way->at < way->len)
		return 0;
	free(way->data);
	*way = (struct relay_way){0};
	return 0;
}

/* Keeps what the other side does not take now. */
static void relay_keep(struct relay_way *way, const char *data, size_t len)
{
	way->data = alloc_slice(data, len);
	way->at = 0;
	way->len = len;
}

/* Has the other said all before the one has? */
static void relay_note_end(struct relay_side *side)
{
	if (side == &side->relay->sides[1] && !side->relay->sides[0].way.ended)
		side->relay->left(side->relay->arg);
}

/* Reads what the side says, and passes it on; so all before is passed on. Returns -1 if either side is broken. */
static int relay_pump(struct relay_side *side)
{
	char chunk[RELAY_CHUNK];

	for (int i = 0; i < RELAY_TURNS; i++) {
		ssize_t got = recv(side->fd, chunk, sizeof(chunk), 0), sent;

		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (got == 0) {
			side->way.ended = true;
			relay_note_end(side);
			shutdown(relay_other(side)->fd, SHUT_WR);
			return 0;
		}
		sent = relay_send(relay_other(side)->fd, chunk, (size_t)got);
		if (sent < 0)
			return -1;
		if (sent < got) {
			relay_keep(&side->way, chunk + sent, (size_t)(got - sent));
			return 0;
		}
		if (got < (ssize_t)sizeof(chunk))
			return 0; /* that was all, most likely; if not, the loop says so again */
	}
	return 0;
}

/* Passes on what had come in before the connection broke, such as why. An end that is found now is none. */
static void relay_last_words(struct relay_side *side)
{
	char chunk[RELAY_CHUNK];
	ssize_t got;

	if (side->way.data && (relay_flush(side) || side->way.data))
		return;
	while ((got = recv(side->fd, chunk, sizeof(chunk), 0)) > 0)
		if (relay_send(relay_other(side)->fd, chunk, (size_t)got) != got)
			return;
}

static void relay_break(struct relay *relay)
{
	relay_last_words(&relay->sides[0]);
	relay_last_words(&relay->sides[1]);
	if (!relay->sides[0].way.ended && !relay->sides[1].way.ended)
		relay->left(relay->arg);
	relay_end(relay, relay_reset);
}

/* POLLHUP is no sign of it: both directions may be closed, with much still to be read. */
static bool relay_is_broken(const struct relay_side *side)
{
	struct pollfd now = {.fd = side->fd};

	return poll(&now, 1, 0) > 0 && now.revents & POLLERR;
}

static void relay_on_ready(void *arg, bool readable, bool writable)
{
	struct relay_side *side = arg, *other = relay_other(side);
	struct relay *relay = side->relay;
	bool reads = relay_is_read(side);

	if ((readable && reads && relay_pump(side)) || (writable && other->way.data && relay_flush(other)) ||
	    (!reads && !other->way.data && relay_is_broken(side) && !(side->way.ended && other->way.ended))) {
		relay_break(relay);
	} else if (side->way.ended && other->way.ended) {
		relay_end(relay, relay_end_fd);
	} else {
		relay_watch(side);
		relay_watch(other);
	}
}

static void relay_open_side(struct relay_side *side, struct relay *relay, int fd)
{
	const int on = 1;

	side->relay = relay;
	side->fd = fd;
	side->watch = (struct loop_watch){.ready = relay_on_ready, .arg = side};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)); /* an app's own does not reach its peer */
}

void relay_open(struct relay *relay, struct loop *loop, int one, int other, void (*left)(void *arg),
		void (*ended)(void *arg), void *arg)
{
	*relay = (struct relay){.loop = loop, .left = left, .ended = ended, .arg = arg};
	relay_open_side(&relay->sides[0], relay, one);
	relay_open_side(&relay->sides[1], relay, other);
	relay_watch(&relay->sides[0]);
	relay_watch(&relay->sides[1]);
}

void relay_close(struct relay *relay)
{
	if (!relay->loop)
		return;
	relay_close_side(&relay->sides[0], relay_reset);
	relay_close_side(&relay->sides[1], relay_reset);
}
