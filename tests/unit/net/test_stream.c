#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "loopback.h"
#include "net/stream.h"
#include "speaker.h"

/* A stream, and the callbacks that it made. */
struct client {
	struct unit_loop *unit;
	struct stream stream;
	int connected, failed, readable;
	struct outcome outcome;
	char data[64];
	size_t len;
	bool ended, reset;
	bool stops_when_connected;
	struct sockets *kept; /* NULL: none */
};

/* Reads everything until the peer closes. */
static void on_readable(void *arg)
{
	struct client *client = arg;
	ssize_t got = stream_read(&client->stream, client->data + client->len, sizeof(client->data) - 1 - client->len);

	client->readable++;
	if (got > 0) {
		client->len += (size_t)got;
		return;
	}
	if (got < 0 && errno == EAGAIN)
		return;
	client->ended = got == 0;
	client->reset = got < 0 && errno == ECONNRESET;
	loop_watch_clear(&client->stream.watch);
	loop_stop(client->unit->loop);
}

static void on_connected(void *arg)
{
	struct client *client = arg;

	client->connected++;
	stream_watch(&client->stream, on_readable);
	if (client->stops_when_connected)
		loop_stop(client->unit->loop);
}

static void on_failed(void *arg, const struct outcome *outcome)
{
	struct client *client = arg;

	client->failed++;
	client->outcome = *outcome;
	loop_stop(client->unit->loop);
}

static struct outcome client_open(struct client *client, struct unit_loop *unit, const char *host, uint16_t port)
{
	struct address address = loopback_address(host, port);

	*client = (struct client){.unit = unit, .kept = client->kept};
	return stream_connect(&client->stream, unit->loop, client->kept, &address, on_connected, on_failed, client);
}

static void test_connects_and_reads(void **state)
{
	static const struct speaker_step greets[] = {speaker_say("hello"), {SPEAKER_CLOSE, NULL, 0}};
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts) - !loopback_has_v6(); i++) {
		struct unit_loop unit;
		struct client client = {0};
		struct speaker peer;

		unit_loop_open(&unit);
		speaker_open(&peer, &unit, hosts[i], greets);
		check_int(hosts[i], client_open(&client, &unit, hosts[i], peer.port).kind, OUTCOME_READY);
		check_int("not inside stream_connect", client.connected + client.failed, 0);
		check_int("closed at exec", fcntl(client.stream.fd, F_GETFD), FD_CLOEXEC);
		check("never blocks", fcntl(client.stream.fd, F_GETFL) & O_NONBLOCK);
		unit_loop_run(&unit, hosts[i]);
		check_int(hosts[i], client.connected, 1);
		check_int(hosts[i], client.failed, 0);
		check_text(hosts[i], client.data, "hello");
		check("to the end", client.ended);
		stream_close(&client.stream);
		check_int("closed", client.stream.fd, -1);
		stream_close(&client.stream);
		speaker_close(&peer);
		unit_loop_close(&unit);
	}
}

/* Nobody listens (FACTS 18, 20). */
static void test_refused(void **state)
{
	struct unit_loop unit;
	struct client client = {0};
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	unit_loop_open(&unit);
	/* On loopback the refusal is there when connect returns. */
	check_int("at once", client_open(&client, &unit, "127.0.0.1", port).kind, OUTCOME_REFUSED);
	check_int("closed before it is told", client.stream.fd, -1);
	unit_loop_settle(&unit);
	check_int("nothing follows", client.failed + client.connected + client.readable, 0);
	stream_close(&client.stream);
	unit_loop_close(&unit);
	close(fd);
}

/* A descriptor that was refused at once is used for the next attempts, and connects in the end. */
static void test_refused_and_kept(void **state)
{
	static const struct speaker_step greets[] = {speaker_say("hello"), {SPEAKER_CLOSE, NULL, 0}};
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port), before, kept = -1;
	struct sockets sockets = {0};
	struct unit_loop unit;
	struct client client = {.kept = &sockets};
	struct speaker peer;

	(void)state;
	unit_loop_open(&unit);
	speaker_open(&peer, &unit, "127.0.0.1", greets);
	before = descriptors_count();
	for (unsigned i = 0; i < 10; i++) {
		check_int("refused", client_open(&client, &unit, "127.0.0.1", port).kind, OUTCOME_REFUSED);
		check_int("closed for its user", client.stream.fd, -1);
		check_int("kept", (long long)sockets.count, 1);
		check_int("the same", sockets.kept[0].fd, i ? kept : sockets.kept[0].fd);
		check_int("used", sockets.kept[0].uses, i + 1);
		kept = sockets.kept[0].fd;
		stream_close(&client.stream); /* does nothing */
	}
	check_int("one", descriptors_count(), before + 1);
	check_int("begun", client_open(&client, &unit, "127.0.0.1", peer.port).kind, OUTCOME_READY);
	check_int("the same", client.stream.fd, kept);
	check_int("taken", (long long)sockets.count, 0);
	unit_loop_run(&unit, "connected");
	check_text("connected", client.data, "hello");
	stream_close(&client.stream);
	check_int("a connection is not kept", (long long)sockets.count, 0);
	speaker_close(&peer);
	unit_loop_close(&unit);
	close(fd);
}

/* The refusal comes later, from the second SYN: the peer's queue was full, and then it is gone. */
static void test_refused_later_and_kept(void **state)
{
	uint16_t port = 0;
	int filler, before, listener = loopback_listen_full("127.0.0.1", &port, &filler);
	struct sockets sockets = {0};
	struct unit_loop unit;
	struct client client = {.kept = &sockets};

	(void)state;
	unit_loop_open(&unit);
	before = descriptors_count();
	check_int("begun", client_open(&client, &unit, "127.0.0.1", port).kind, OUTCOME_READY);
	unit_loop_settle(&unit);
	check_int("it hangs", client.failed + client.connected, 0);
	close(listener);
	close(filler);
	before -= 2;
	unit_loop_run(&unit, "refused");
	check_int("refused", client.outcome.kind, OUTCOME_REFUSED);
	check_int("refused", client.failed, 1);
	check_int("closed for its user", client.stream.fd, -1);
	check_int("kept", (long long)sockets.count, 1);
	check_int("one", descriptors_count(), before + 1);
	unit_loop_settle(&unit);
	check_int("told once", client.failed, 1);
	/* It is as good as new. */
	listener = loopback_listen("127.0.0.1", &port);
	check_int("begun", client_open(&client, &unit, "127.0.0.1", port).kind, OUTCOME_READY);
	client.stops_when_connected = true;
	unit_loop_run(&unit, "connected");
	check_int("connected", client.connected, 1);
	check_int("taken", (long long)sockets.count, 0);
	stream_close(&client.stream);
	close(listener);
	check_int("none is left", descriptors_count(), before);
	unit_loop_close(&unit);
}

/* Any other end closes the descriptor: it hangs, or the attempt is given up before it is told. */
static void test_others_are_not_kept(void **state)
{
	uint16_t full = 0, listening = 0;
	int filler, hanging = loopback_listen_full("127.0.0.1", &full, &filler),
		    listener = loopback_listen("127.0.0.1", &listening), before;
	struct sockets sockets = {0};
	struct unit_loop unit;
	struct client client = {.kept = &sockets};
	uint16_t ports[2];

	(void)state;
	ports[0] = full;
	ports[1] = listening;
	unit_loop_open(&unit);
	before = descriptors_count();
	for (size_t i = 0; i < COUNT(ports); i++) {
		check_int("begun", client_open(&client, &unit, "127.0.0.1", ports[i]).kind, OUTCOME_READY);
		stream_close(&client.stream);
		check_int("not kept", (long long)sockets.count, 0);
		check_int("closed", descriptors_count(), before);
		unit_loop_settle(&unit);
		check_int("nothing follows", client.failed + client.connected, 0);
	}
	close(filler);
	close(hanging);
	close(listener);
	unit_loop_close(&unit);
}

/* Failures that stream_connect returns immediately: the kernel knows them, or a resource is exhausted. */
static void test_fails_at_once(void **state)
{
	const struct address nonsense = {.any.sa_family = AF_UNSPEC};
	struct rlimit limit, none;
	struct unit_loop unit;
	struct client client = {0};
	struct outcome outcome;

	(void)state;
	unit_loop_open(&unit);
	outcome = stream_connect(&client.stream, unit.loop, NULL, &nonsense, on_connected, on_failed, &client);
	check_int("no such family", outcome.kind, OUTCOME_UNREACHABLE);
	check_int("no such family", client.stream.fd, -1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	outcome = client_open(&client, &unit, "127.0.0.1", 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	check_int("out of descriptors", outcome.kind, OUTCOME_LOCAL);
	check_text("out of descriptors", outcome.detail, strerror(EMFILE));
	unit_loop_settle(&unit);
	check_int("nothing follows", client.failed + client.connected, 0);
	stream_close(&client.stream);
	unit_loop_close(&unit);
}

static void test_a_peer_that_resets(void **state)
{
	static const struct speaker_step resets[] = {{SPEAKER_RESET, NULL, 0}};
	struct unit_loop unit;
	struct client client = {0};
	struct speaker peer;

	(void)state;
	unit_loop_open(&unit);
	speaker_open(&peer, &unit, "127.0.0.1", resets);
	client_open(&client, &unit, "127.0.0.1", peer.port);
	unit_loop_run(&unit, "reset");
	check("told as a failure or at the first read", client.reset || client.outcome.kind == OUTCOME_RESET);
	stream_close(&client.stream);
	speaker_close(&peer);
	unit_loop_close(&unit);
}

/* Unread data would cause RST, which servers log (FACTS 21). */
static void test_close_sends_fin(void **state)
{
	static char much[20000];
	const struct speaker_step says[] = {{SPEAKER_SAY, much, sizeof(much)}, {SPEAKER_HOLD, NULL, 0}};
	struct unit_loop unit;
	struct client client = {0};
	struct speaker peer;

	(void)state;
	unit_loop_open(&unit);
	speaker_open(&peer, &unit, "127.0.0.1", says);
	client_open(&client, &unit, "127.0.0.1", peer.port);
	client.stops_when_connected = true;
	unit_loop_run(&unit, "connected");
	loop_watch_clear(&client.stream.watch); /* nobody reads */
	unit_loop_settle(&unit);
	check_int("the peer has spoken", (long long)peer.count, 1);
	stream_close(&client.stream);
	speaker_await_end(&peer, "closed");
	check("FIN and not RST", !peer.connections[0].reset);
	speaker_close(&peer);
	unit_loop_close(&unit);
}

/* The kernel connects a socket to itself (FACTS 20). */
static void test_own_reflection(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts) - !loopback_has_v6(); i++) {
		uint16_t port = 0;
		int fd = loopback_bind(hosts[i], &port);
		struct address own = loopback_address(hosts[i], port);

		if (connect(fd, &own.any, own.length) == 0 || errno == EINPROGRESS)
			check_int(hosts[i], stream_connect_result(fd).kind, OUTCOME_REFUSED);
		close(fd);
	}
}

/* The pending error is cleared from the socket and becomes the outcome. */
static void test_connect_result(void **state)
{
	uint16_t port = 0, refusing = 0;
	int listener = loopback_listen("127.0.0.1", &port), deaf = loopback_bind("127.0.0.1", &refusing), fd;
	struct address address = loopback_address("127.0.0.1", port);

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	check_int("connected", stream_connect_result(fd).kind, OUTCOME_READY);
	close(fd);
	address = loopback_address("127.0.0.1", refusing);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &address.any, address.length), -1);
	if (errno == EINPROGRESS)
		check_int("refused", stream_connect_result(fd).kind, OUTCOME_REFUSED);
	close(fd);
	close(deaf);
	close(listener);
}

/* A connect that was interrupted before it began leaves no error and no connection. */
static void test_a_connection_that_was_never_made(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	check_int("not ready", stream_connect_result(fd).kind, OUTCOME_LOCAL);
	close(fd);
}

/* A Unix socket: its path, and the length of its address. */
static void test_a_unix_socket(void **state)
{
	struct client client = {0};
	struct unit_loop unit;
	struct unit_dir dir;
	struct address address;
	char *path;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	unit_dir_open(&dir);
	unit_loop_open(&unit);
	client.unit = &unit;
	client.stops_when_connected = true;
	path = unit_dir_path(&dir, "s");
	check("a path", address_of_host(&address, path, 0));
	assert_int_equal(bind(listener, &address.any, address.length), 0);
	check_int("nobody listens",
		  stream_connect(&client.stream, unit.loop, NULL, &address, on_connected, on_failed, &client).kind,
		  OUTCOME_REFUSED);
	assert_int_equal(listen(listener, 1), 0);
	check_int("begun",
		  stream_connect(&client.stream, unit.loop, NULL, &address, on_connected, on_failed, &client).kind,
		  OUTCOME_READY);
	unit_loop_run(&unit, "connected");
	check_int("connected", client.connected, 1);
	stream_close(&client.stream);
	unlink(path);
	check_int("no file",
		  stream_connect(&client.stream, unit.loop, NULL, &address, on_connected, on_failed, &client).kind,
		  OUTCOME_NO_FILE);
	close(listener);
	free(path);
	unit_loop_close(&unit);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connects_and_reads),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_and_kept),
		cmocka_unit_test(test_refused_later_and_kept),
		cmocka_unit_test(test_others_are_not_kept),
		cmocka_unit_test(test_fails_at_once),
		cmocka_unit_test(test_a_peer_that_resets),
		cmocka_unit_test(test_close_sends_fin),
		cmocka_unit_test(test_own_reflection),
		cmocka_unit_test(test_connect_result),
		cmocka_unit_test(test_a_connection_that_was_never_made),
		cmocka_unit_test(test_a_unix_socket),
	};

	return unit_main(tests);
}
