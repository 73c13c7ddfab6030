#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loopback.h"
#include "own_network.h"
#include "prober.h"
#include "speaker.h"

/* Set at the start: is there an address that is not loopback? */
static bool own_network;

#define LIMIT       (5 * CLOCK_S)
#define TRUST_DELAY (20 * CLOCK_MS) /* issue 3, "TCP readiness" */

struct speaker_row {
	const char *name;
	struct speaker_step script[3];
	enum outcome_kind kind;
	bool after_delay;
};

static void check_peer(const struct speaker_row *row, const char *host, const char *through)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	struct speaker peer;

	unit_loop_open(&unit);
	speaker_open(&peer, &unit, host, row->script);
	prober_open(&prober, &unit, "tcp://db:#", peer.port);
	address = loopback_address(through, peer.port);
	prober_run(&prober, &address, LIMIT, row->name);
	check_int(row->name, prober.outcome.kind, row->kind);
	if (row->after_delay)
		check(row->name, prober.took >= TRUST_DELAY);
	prober_close(&prober);
	speaker_await_end(&peer, row->name);
	speaker_close(&peer);
	unit_loop_close(&unit);
}

/* FACTS 17: over loopback a connection must stay open to count as ready. Data counts immediately. */
static void test_loopback(void **state)
{
	static const struct speaker_row rows[] = {
		{"a connection that stays open", {{SPEAKER_HOLD, NULL, 0}}, OUTCOME_READY, true},
		{"a greeting", {speaker_say("220 hello\r\n"), {SPEAKER_HOLD, NULL, 0}}, OUTCOME_READY, false},
		{"a greeting and goodbye", {speaker_say("-ERR\r\n"), {SPEAKER_CLOSE, NULL, 0}}, OUTCOME_READY, false},
		{"accepted, then closed", {{SPEAKER_CLOSE, NULL, 0}}, OUTCOME_CLOSED, false},
		{"accepted, then reset", {{SPEAKER_RESET, NULL, 0}}, OUTCOME_RESET, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_peer(&rows[i], "127.0.0.1", "127.0.0.1");
		check_peer(&rows[i], "127.1.2.3", "127.1.2.3");
		if (!loopback_has_v6())
			continue;
		check_peer(&rows[i], "::1", "::1");
		check_peer(&rows[i], "127.0.0.1", "::ffff:127.0.0.1");
	}
}

/* Elsewhere it is the same, only the delay is shorter (FACTS 53). */
static void test_beside_loopback(void **state)
{
	static const struct speaker_row rows[] = {
		{"a connection that stays open", {{SPEAKER_HOLD, NULL, 0}}, OUTCOME_READY, false},
		{"accepted, then closed", {{SPEAKER_CLOSE, NULL, 0}}, OUTCOME_CLOSED, false},
		{"accepted, then reset", {{SPEAKER_RESET, NULL, 0}}, OUTCOME_RESET, false},
	};

	(void)state;
	if (!own_network)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++)
		check_peer(&rows[i], OWN_NETWORK_ADDRESS, OWN_NETWORK_ADDRESS);
}

static void test_refused(void **state)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	unit_loop_open(&unit);
	prober_open(&prober, &unit, "tcp://db:#", port);
	address = loopback_address("127.0.0.1", port);
	prober_run(&prober, &address, LIMIT, "refused");
	check_int("refused", prober.outcome.kind, OUTCOME_REFUSED);
	prober_close(&prober);
	unit_loop_close(&unit);
	close(fd);
}

/* A connection that fails inside start is reported, too. */
static void test_fails_at_once(void **state)
{
	const struct address nonsense = {.any.sa_family = AF_UNSPEC};
	struct unit_loop unit;
	struct prober prober;

	(void)state;
	unit_loop_open(&unit);
	prober_open(&prober, &unit, "tcp://db:#", 1);
	prober_run(&prober, &nonsense, LIMIT, "no family");
	check_int("no family", prober.outcome.kind, OUTCOME_UNREACHABLE);
	prober_close(&prober);
	unit_loop_close(&unit);
}

/* If nobody answers, the limit ends the attempt. */
static void test_no_answer(void **state)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	uint16_t port = 0;
	int filler, fd = loopback_listen_full("127.0.0.1", &port, &filler);

	(void)state;
	unit_loop_open(&unit);
	prober_open(&prober, &unit, "tcp://db:#", port);
	address = loopback_address("127.0.0.1", port);
	prober_run(&prober, &address, 50 * CLOCK_MS, "no answer");
	check_int("no answer", prober.outcome.kind, OUTCOME_CONNECT_TIMEOUT);
	check("no answer", prober.took >= 50 * CLOCK_MS);
	prober_close(&prober);
	unit_loop_close(&unit);
	close(filler);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback),  cmocka_unit_test(test_beside_loopback),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_fails_at_once),
		cmocka_unit_test(test_no_answer),
	};

	own_network = own_network_take();
	return unit_main(tests);
}
