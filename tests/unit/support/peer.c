#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "unit.h"

static size_t peer_open_count(const struct peer *peer)
{
	size_t open = 0;

	for (size_t i = 0; i < peer->count; i++)
		open += !peer->connections[i].over;
	return open;
}

static void peer_end(struct peer_connection *connection)
{
	loop_watch_clear(&connection->watch);
	close(connection->fd);
	connection->fd = -1;
	connection->over = true;
	if (connection->peer->awaits_end && peer_open_count(connection->peer) == 0)
		loop_stop(connection->peer->unit->loop);
}

/* Takes a message, whose length stands at `header`, off what was received. */
static bool peer_take_message(struct peer_connection *connection, size_t header)
{
	size_t there = connection->received_len - connection->taken;
	uint32_t length;

	if (there < header + sizeof(length))
		return false;
	memcpy(&length, connection->received + connection->taken + header, sizeof(length));
	if (there < header + ntohl(length))
		return false;
	connection->taken += header + ntohl(length);
	return true;
}

static void peer_go_on(struct peer_connection *connection)
{
	const struct linger at_once = {.l_onoff = 1};

	while (!connection->over) {
		const struct peer_step *step = &connection->peer->script[connection->step];

		switch (step->action) {
		case PEER_HOLD:
			return;
		case PEER_SAY:
			if (send(connection->fd, step->data, step->len, MSG_NOSIGNAL) < 0)
				return;
			break;
		case PEER_STARTUP:
			if (!peer_take_message(connection, 0))
				return;
			connection->beside = peer_open_count(connection->peer) - 1;
			break;
		case PEER_MESSAGE:
			if (!peer_take_message(connection, 1))
				return;
			break;
		case PEER_RESET:
			setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			peer_end(connection);
			return;
		case PEER_CLOSE:
			peer_end(connection);
			return;
		}
		connection->step++;
	}
}

static void peer_on_readable(void *arg, bool readable, bool writable)
{
	struct peer_connection *connection = arg;
	size_t room = sizeof(connection->received) - connection->received_len;
	ssize_t got = recv(connection->fd, connection->received + connection->received_len, room, 0);

	(void)readable;
	(void)writable;
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		connection->reset = got < 0;
		peer_end(connection);
		return;
	}
	connection->received_len += (size_t)got;
	peer_go_on(connection);
}

static void peer_on_connection(void *arg, bool readable, bool writable)
{
	struct peer *peer = arg;
	int fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer_connection *connection = &peer->connections[peer->count];

	(void)readable;
	(void)writable;
	if (fd < 0)
		return;
	if (peer->count == PEER_CONNECTIONS) {
		close(fd);
		return;
	}
	peer->count++;
	*connection = (struct peer_connection){.peer = peer, .fd = fd};
	connection->watch = (struct loop_watch){.ready = peer_on_readable, .arg = connection};
	loop_watch_set(peer->unit->loop, &connection->watch, fd, true, false);
	peer_go_on(connection);
}

void peer_open_on(struct peer *peer, struct unit_loop *unit, int listener, const struct peer_step *script)
{
	*peer = (struct peer){.unit = unit, .script = script, .listener = listener};
	peer->watch = (struct loop_watch){.ready = peer_on_connection, .arg = peer};
	loop_watch_set(unit->loop, &peer->watch, peer->listener, true, false);
}

void peer_open(struct peer *peer, struct unit_loop *unit, const char *host, const struct peer_step *script)
{
	uint16_t port = 0;

	peer_open_on(peer, unit, loopback_listen(host, &port), script);
	peer->port = port;
}

void peer_close(struct peer *peer)
{
	peer->awaits_end = false;
	for (size_t i = 0; i < peer->count; i++)
		if (!peer->connections[i].over)
			peer_end(&peer->connections[i]);
	loop_watch_clear(&peer->watch);
	close(peer->listener);
}

void peer_await_end(struct peer *peer, const char *row)
{
	/* What is still in the listener's queue first. */
	unit_loop_settle(peer->unit);
	peer->awaits_end = true;
	if (peer_open_count(peer))
		unit_loop_run(peer->unit, row);
	peer->awaits_end = false;
}
