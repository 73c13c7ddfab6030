#include "speaker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "unit.h"

static size_t speaker_open_count(const struct speaker *peer)
{
	size_t open = 0;

	for (size_t i = 0; i < peer->count; i++)
		open += !peer->connections[i].over;
	return open;
}

static void speaker_end(struct speaker_connection *connection)
{
	loop_watch_clear(&connection->watch);
	close(connection->fd);
	connection->fd = -1;
	connection->over = true;
	if (connection->peer->awaits_end && speaker_open_count(connection->peer) == 0)
		loop_stop(connection->peer->unit->loop);
}

/* Takes a message, whose length stands at `header`, off what was received. */
static bool speaker_take_message(struct speaker_connection *connection, size_t header)
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

static void speaker_go_on(struct speaker_connection *connection)
{
	const struct linger at_once = {.l_onoff = 1};

	while (!connection->over) {
		const struct speaker_step *step = &connection->peer->script[connection->step];

		switch (step->action) {
		case SPEAKER_HOLD:
			return;
		case SPEAKER_SAY:
			if (send(connection->fd, step->data, step->len, MSG_NOSIGNAL) < 0)
				return;
			break;
		case SPEAKER_STARTUP:
			if (!speaker_take_message(connection, 0))
				return;
			connection->beside = speaker_open_count(connection->peer) - 1;
			break;
		case SPEAKER_MESSAGE:
			if (!speaker_take_message(connection, 1))
				return;
			break;
		case SPEAKER_RESET:
			setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			speaker_end(connection);
			return;
		case SPEAKER_CLOSE:
			speaker_end(connection);
			return;
		}
		connection->step++;
	}
}

static void speaker_on_readable(void *arg, bool readable, bool writable)
{
	struct speaker_connection *connection = arg;
	size_t room = sizeof(connection->received) - connection->received_len;
	ssize_t got = recv(connection->fd, connection->received + connection->received_len, room, 0);

	(void)readable;
	(void)writable;
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		connection->reset = got < 0;
		speaker_end(connection);
		return;
	}
	connection->received_len += (size_t)got;
	speaker_go_on(connection);
}

static void speaker_on_connection(void *arg, bool readable, bool writable)
{
	struct speaker *peer = arg;
	int fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct speaker_connection *connection = &peer->connections[peer->count];

	(void)readable;
	(void)writable;
	if (fd < 0)
		return;
	if (peer->count == SPEAKER_CONNECTIONS) {
		close(fd);
		return;
	}
	peer->count++;
	*connection = (struct speaker_connection){.peer = peer, .fd = fd};
	connection->watch = (struct loop_watch){.ready = speaker_on_readable, .arg = connection};
	loop_watch_set(peer->unit->loop, &connection->watch, fd, true, false);
	speaker_go_on(connection);
}

void speaker_open_on(struct speaker *peer, struct unit_loop *unit, int listener, const struct speaker_step *script)
{
	*peer = (struct speaker){.unit = unit, .script = script, .listener = listener};
	peer->watch = (struct loop_watch){.ready = speaker_on_connection, .arg = peer};
	loop_watch_set(unit->loop, &peer->watch, peer->listener, true, false);
}

void speaker_open(struct speaker *peer, struct unit_loop *unit, const char *host, const struct speaker_step *script)
{
	uint16_t port = 0;

	speaker_open_on(peer, unit, loopback_listen(host, &port), script);
	peer->port = port;
}

void speaker_close(struct speaker *peer)
{
	peer->awaits_end = false;
	for (size_t i = 0; i < peer->count; i++)
		if (!peer->connections[i].over)
			speaker_end(&peer->connections[i]);
	loop_watch_clear(&peer->watch);
	close(peer->listener);
}

void speaker_await_end(struct speaker *peer, const char *row)
{
	/* What is still in the listener's queue first. */
	unit_loop_settle(peer->unit);
	peer->awaits_end = true;
	if (speaker_open_count(peer))
		unit_loop_run(peer->unit, row);
	peer->awaits_end = false;
}
