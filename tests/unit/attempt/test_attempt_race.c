/* attempt.c: the race of several addresses, and answers that do not come. */
#include "unit.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attempting.h"
#include "base/buf.h"
#include "base/clock.h"
#include "loopback.h"
#include "name_server.h"
#include "own_files.h"
#include "speaker.h"

/* Set at the start: may this test write the files of the resolver? */
static bool own_files;

/* The outcome is that of the endpoint that got furthest. An endpoint that is ready ends the race. */
static void check_servers(const char *row, const struct speaker_step *first, const struct speaker_step *second,
			  enum outcome_kind kind, int endpoint, int64_t at_least)
{
	struct speaker one, two;
	struct attempting attempting;
	char *text;

	attempting_open(&attempting);
	speaker_open(&one, &attempting.unit, "127.0.0.1", first);
	speaker_open(&two, &attempting.unit, "127.0.0.1", second);
	text = loopback_text("postgres://me@127.0.0.1:R,127.0.0.1:L/app", one.port, two.port);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, row);
	check_int(row, attempting.outcome.kind, kind);
	check_text(row, attempting.place.host, attempting.target.endpoints[endpoint].host);
	check_int(row, attempting.place.port, attempting.target.endpoints[endpoint].port);
	check(row, attempting.took >= at_least);
	speaker_close(&one);
	speaker_close(&two);
	attempting_close(&attempting);
	free(text);
}

static void test_servers(void **state)
{
	static const struct speaker_step ready[] = {
		{SPEAKER_STARTUP, NULL, 0}, speaker_say("R\0\0\0\10\0\0\0\3"), {SPEAKER_HOLD, NULL, 0}};
	static const struct speaker_step starting[] = {{SPEAKER_STARTUP, NULL, 0},
						       speaker_say("E\0\0\0\36SFATAL\0VFATAL\0C57P03\0Mno\0\0"),
						       {SPEAKER_CLOSE, NULL, 0}};
	static const struct speaker_step closes[] = {{SPEAKER_CLOSE, NULL, 0}}, silent[] = {{SPEAKER_HOLD, NULL, 0}};

	(void)state;
	check_servers("the first is ready", ready, starting, OUTCOME_READY, 0, 0);
	check_servers("the second is ready", starting, ready, OUTCOME_READY, 1, 0);
	check_servers("the second got further", closes, starting, OUTCOME_STARTING, 1, 0);
	check_servers("the first got further", starting, closes, OUTCOME_STARTING, 0, 0);
	check_servers("equally far, the first", starting, starting, OUTCOME_STARTING, 0, 0);
	/* An address that hangs gets 250 ms (RFC 8305, 5). One that is connected gets 1 s, to save its server work. */
	check_servers("the first is silent", silent, ready, OUTCOME_READY, 1, 1 * CLOCK_S);
}

/* After a refusal the next address starts immediately: sixteen head starts would take four seconds. */
static void test_refusals_cost_no_head_start(void **state)
{
	static const struct speaker_step ready[] = {
		{SPEAKER_STARTUP, NULL, 0}, speaker_say("R\0\0\0\10\0\0\0\3"), {SPEAKER_HOLD, NULL, 0}};
	struct buf target = {0};
	uint16_t refusing = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing);
	struct speaker peer;
	struct attempting attempting;
	char *text;

	(void)state;
	attempting_open(&attempting);
	speaker_open(&peer, &attempting.unit, "127.0.0.1", ready);
	buf_add_text(&target, "postgres://me@");
	for (int i = 0; i < 16; i++)
		buf_add_text(&target, "127.0.0.1:R,");
	buf_add_text(&target, "127.0.0.1:L/app");
	text = loopback_text(target.data, refusing, peer.port);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "refusals");
	check_int("refusals", attempting.outcome.kind, OUTCOME_READY);
	check("refusals", attempting.took < 2 * CLOCK_S);
	speaker_close(&peer);
	attempting_close(&attempting);
	buf_release(&target);
	free(text);
	close(deaf);
}

/* After a refusal an attempt begins with a precheck: the server sees two connections, and one in the next attempt. */
static void test_a_cheap_look_after_a_refusal(void **state)
{
	static const struct speaker_step ready[] = {
		{SPEAKER_STARTUP, NULL, 0}, speaker_say("R\0\0\0\10\0\0\0\3"), {SPEAKER_HOLD, NULL, 0}};
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);
	struct speaker peer;
	struct attempting attempting;
	char *text = loopback_text("postgres://me@127.0.0.1:R/app", port, 0);

	(void)state;
	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "refused");
	check_int("refused", attempting.outcome.kind, OUTCOME_REFUSED);
	assert_int_equal(listen(fd, 8), 0);
	speaker_open_on(&peer, &attempting.unit, fd, ready);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "after a refusal");
	check_int("ready", attempting.outcome.kind, OUTCOME_READY);
	check_int("connections", (long long)peer.count, 2);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "after that");
	check_int("connections", (long long)peer.count, 3);
	speaker_close(&peer);
	attempting_close(&attempting);
	free(text);
}

/* "A dead address never costs more than 250 ms": the first address still hangs when the next one has been tried. */
static void test_a_dead_address(void **state)
{
	uint16_t full = 0, listening = 0;
	int filler, hanging = loopback_listen_full("127.0.0.1", &full, &filler);
	struct speaker peer;
	struct attempting attempting;
	char *text;
	static const struct speaker_step ready[] = {
		{SPEAKER_STARTUP, NULL, 0}, speaker_say("R\0\0\0\10\0\0\0\3"), {SPEAKER_HOLD, NULL, 0}};

	(void)state;
	attempting_open(&attempting);
	speaker_open(&peer, &attempting.unit, "127.0.0.1", ready);
	listening = peer.port;
	text = loopback_text("postgres://me@127.0.0.1:R,127.0.0.1:L/app", full, listening);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "a dead address");
	check_int("the next", attempting.outcome.kind, OUTCOME_READY);
	check_text("the next", attempting.place.host, attempting.target.endpoints[1].host);
	check_int("the next", attempting.place.port, attempting.target.endpoints[1].port);
	check("after its head start", attempting.took >= 250 * CLOCK_MS);
	check("long before the limit, on a loaded machine too", attempting.took < ATTEMPTING_LIMIT / 2);
	speaker_close(&peer);
	attempting_close(&attempting);
	free(text);
	close(filler);
	close(hanging);
}

/* If the DNS server does not answer, the attempt still ends in time. */
static void test_no_answer_from_dns(void **state)
{
	static const struct name_server_row silent[] = {{.name = "db.test", .holds_a = true, .holds_aaaa = true}};
	struct name_server server;
	struct attempting attempting;

	(void)state;
	if (!own_files)
		skip();
	attempting_open(&attempting);
	name_server_open(&server, &attempting.unit, silent, 1);
	name_server_use(&server, "");
	attempting_bind(&attempting, "tcp://db.test:1");
	for (int i = 0; i < 2; i++) {
		attempting_run(&attempting, 50 * CLOCK_MS, "silence");
		check_int("silence", attempting.outcome.kind, OUTCOME_DNS_SILENT);
		check_text("silence", attempting.place.address, "");
		check("silence", attempting.took >= 50 * CLOCK_MS);
	}
	attempting_close(&attempting);
	name_server_close(&server);
}

/* FACTS 13: once the A was tried, the attempt does not wait for a lost answer to AAAA. */
static void test_a_lost_answer(void **state)
{
	static const struct name_server_row half[] = {{.name = "db.test", .a = {"127.0.0.1"}, .holds_aaaa = true}};
	struct name_server server;
	struct attempting attempting;
	char *text;
	uint16_t port = 0;
	int fd;

	(void)state;
	if (!own_files)
		skip();
	fd = loopback_bind("127.0.0.1", &port);
	text = loopback_text("tcp://db.test:R", port, 0);
	attempting_open(&attempting);
	name_server_open(&server, &attempting.unit, half, 1);
	name_server_use(&server, "");
	attempting_bind(&attempting, text);
	for (int i = 0; i < 2; i++) {
		attempting_run(&attempting, ATTEMPTING_LIMIT, "a lost answer");
		check_int("a lost answer", attempting.outcome.kind, OUTCOME_REFUSED);
		/* A, AAAA, and perhaps AAAA again: the attempt was over before there was a third try. */
		if (i == 0)
			check("a lost answer", server.asked <= 3);
	}
	attempting_close(&attempting);
	name_server_close(&server);
	free(text);
	close(fd);
}

/* The service moves from an address that hangs, later than the attempt first looks again. */
struct move {
	struct loop_timer timer;
	struct name_server server;
};

static void move_on(void *arg)
{
	static const struct name_server_row moved[] = {{.name = "db.test", .a = {"127.0.0.2"}}};
	struct move *move = arg;

	move->server.rows = moved;
}

/* A running attempt looks its names up again each second: the service may have another address now (FACTS 10, 18). */
static void test_a_service_that_moves(void **state)
{
	static const struct name_server_row hangs[] = {{.name = "db.test", .a = {"127.0.0.1"}}};
	struct attempting attempting;
	struct move move;
	uint16_t port = 0;
	int filler, hanging, listener;
	char *text;

	(void)state;
	if (!own_files)
		skip();
	hanging = loopback_listen_full("127.0.0.1", &port, &filler);
	listener = loopback_listen("127.0.0.2", &port);
	text = loopback_text("tcp://db.test:R", port, 0);
	attempting_open(&attempting);
	name_server_open(&move.server, &attempting.unit, hangs, 1);
	name_server_use(&move.server, "");
	attempting_bind(&attempting, text);
	loop_timer_init(attempting.unit.loop, &move.timer, move_on, &move);
	loop_timer_set(&move.timer, 1500 * CLOCK_MS);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "moved");
	check_int("moved", attempting.outcome.kind, OUTCOME_READY);
	check_text("moved", attempting.place.address, "127.0.0.2");
	/* A and AAAA, at the start and each second. */
	check("not all the time", move.server.asked <= 2 * (attempting.took / CLOCK_S + 1));
	loop_timer_clear(&move.timer);
	attempting_close(&attempting);
	name_server_close(&move.server);
	free(text);
	close(filler);
	close(hanging);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_answer_from_dns),
		cmocka_unit_test(test_a_lost_answer),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_refusals_cost_no_head_start),
		cmocka_unit_test(test_a_cheap_look_after_a_refusal),
		cmocka_unit_test(test_a_dead_address),
		cmocka_unit_test(test_a_service_that_moves),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
