/* knock.c: real connections on loopback. */
#include "unit.h"

#include <unistd.h>

#include "attempt/knock.h"
#include "base/clock.h"
#include "loopback.h"
#include "speaker.h"

#define PATIENCE (30 * CLOCK_MS)

struct knocker {
	struct unit_loop unit;
	struct knock knock;
	int opened, failed;
	struct outcome outcome;
};

static void on_open(void *arg)
{
	struct knocker *knocker = arg;

	knocker->opened++;
	loop_stop(knocker->unit.loop);
}

static void on_failed(void *arg, const struct outcome *outcome)
{
	struct knocker *knocker = arg;

	knocker->failed++;
	knocker->outcome = *outcome;
	loop_stop(knocker->unit.loop);
}

/* Runs a knock at a port to its end; gives how long that took. */
static int64_t knock_at(struct knocker *knocker, uint16_t port, const char *row)
{
	struct address address = loopback_address("127.0.0.1", port);
	int64_t began = clock_now();
	struct outcome outcome;

	knock_init(&knocker->knock);
	outcome = knock_start(&knocker->knock, knocker->unit.loop, &address, PATIENCE, on_open, on_failed, knocker);
	check_int("not inside knock_start", knocker->opened + knocker->failed, 0);
	/* What is refused within the call is returned at once. */
	if (outcome.kind == OUTCOME_READY)
		unit_loop_run(&knocker->unit, row);
	else
		on_failed(knocker, &outcome);
	return clock_now() - began;
}

struct knock_row {
	const char *name;
	const struct speaker_step *script;
	bool opens;
	enum outcome_kind kind; /* of what does not */
};

static void check_knock(const struct knock_row *row)
{
	struct knocker knocker = {.opened = 0};
	struct speaker peer;
	int64_t took;

	unit_loop_open(&knocker.unit);
	speaker_open(&peer, &knocker.unit, "127.0.0.1", row->script);
	took = knock_at(&knocker, peer.port, row->name);
	check_int(row->name, knocker.opened, row->opens);
	check_int(row->name, knocker.failed, !row->opens);
	check_int(row->name, knocker.outcome.kind, row->opens ? OUTCOME_NONE : row->kind);
	check(row->name, !row->opens || took >= PATIENCE);
	check_int("closed by itself", knocker.knock.stream.fd, -1);
	speaker_await_end(&peer, row->name);
	check_int("without a byte", (long long)peer.connections[0].received_len, 0);
	check("with FIN, whatever was sent to it (FACTS 21)", !row->opens || !peer.connections[0].reset);
	knock_stop(&knocker.knock);
	unit_loop_settle(&knocker.unit);
	check_int("once", knocker.opened + knocker.failed, 1);
	speaker_close(&peer);
	unit_loop_close(&knocker.unit);
}

static void test_who_is_there(void **state)
{
	static const struct speaker_step holds[] = {{SPEAKER_HOLD, NULL, 0}};
	static const struct speaker_step greets[] = {speaker_say("220 hello"), {SPEAKER_HOLD, NULL, 0}};
	static const struct speaker_step closes[] = {{SPEAKER_CLOSE, NULL, 0}};
	static const struct speaker_step resets[] = {{SPEAKER_RESET, NULL, 0}};
	static const struct knock_row rows[] = {
		{"a peer that listens", holds, true, OUTCOME_NONE},
		{"one that speaks first", greets, true, OUTCOME_NONE},
		{"one that hangs up, as docker-proxy does (FACTS 17)", closes, false, OUTCOME_CLOSED},
		{"one that resets", resets, false, OUTCOME_RESET},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_knock(&rows[i]);
}

static void test_nobody_is_there(void **state)
{
	struct knocker knocker = {.opened = 0};
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	unit_loop_open(&knocker.unit);
	knock_at(&knocker, port, "refused");
	check_int("refused", knocker.failed, 1);
	check_int("refused", knocker.outcome.kind, OUTCOME_REFUSED);
	close(fd);
	unit_loop_close(&knocker.unit);
}

/* Nothing is called after it, whether it came before or after the connection. */
static void test_stop(void **state)
{
	struct knocker knocker = {.opened = 0};
	struct address address;
	uint16_t port = 0;
	int fd = loopback_listen("127.0.0.1", &port);

	(void)state;
	address = loopback_address("127.0.0.1", port);
	unit_loop_open(&knocker.unit);
	for (int connected = 0; connected < 2; connected++) {
		knock_init(&knocker.knock);
		knock_start(&knocker.knock, knocker.unit.loop, &address, 0, on_open, on_failed, &knocker);
		if (connected)
			unit_loop_run(&knocker.unit, "opens");
		knock_stop(&knocker.knock);
		knock_stop(&knocker.knock);
		unit_loop_settle(&knocker.unit);
		check_int("calls", knocker.opened + knocker.failed, connected);
	}
	knock_init(&knocker.knock);
	knock_stop(&knocker.knock); /* never started */
	close(fd);
	unit_loop_close(&knocker.unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_there),
		cmocka_unit_test(test_nobody_is_there),
		cmocka_unit_test(test_stop),
	};

	return unit_main(tests);
}
