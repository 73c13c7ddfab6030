/* precheck.c: real connections on loopback. */
#include "unit.h"

#include <unistd.h>

#include "attempt/precheck.h"
#include "base/clock.h"
#include "loopback.h"
#include "speaker.h"

#define PATIENCE (30 * CLOCK_MS)

struct prechecker {
	struct unit_loop unit;
	struct precheck precheck;
	int opened, failed;
	struct outcome outcome;
};

static void on_open(void *arg)
{
	struct prechecker *prechecker = arg;

	prechecker->opened++;
	loop_stop(prechecker->unit.loop);
}

static void on_failed(void *arg, const struct outcome *outcome)
{
	struct prechecker *prechecker = arg;

	prechecker->failed++;
	prechecker->outcome = *outcome;
	loop_stop(prechecker->unit.loop);
}

/* Runs a precheck of the port to its end. Returns how long that took. */
static int64_t precheck_at(struct prechecker *prechecker, uint16_t port, const char *row)
{
	struct address address = loopback_address("127.0.0.1", port);
	int64_t began = clock_now();
	struct outcome outcome;

	precheck_init(&prechecker->precheck);
	outcome = precheck_start(&prechecker->precheck, prechecker->unit.loop, NULL, &address, PATIENCE, on_open,
				 on_failed, prechecker);
	check_int("not inside precheck_start", prechecker->opened + prechecker->failed, 0);
	/* A refusal that is known within the call is the return value. */
	if (outcome.kind == OUTCOME_READY)
		unit_loop_run(&prechecker->unit, row);
	else
		on_failed(prechecker, &outcome);
	return clock_now() - began;
}

struct precheck_row {
	const char *name;
	const struct speaker_step *script;
	bool opens;
	enum outcome_kind kind; /* the expected outcome if open is not called */
};

static void check_precheck(const struct precheck_row *row)
{
	struct prechecker prechecker = {.opened = 0};
	struct speaker peer;
	int64_t took;

	unit_loop_open(&prechecker.unit);
	speaker_open(&peer, &prechecker.unit, "127.0.0.1", row->script);
	took = precheck_at(&prechecker, peer.port, row->name);
	check_int(row->name, prechecker.opened, row->opens);
	check_int(row->name, prechecker.failed, !row->opens);
	check_int(row->name, prechecker.outcome.kind, row->opens ? OUTCOME_NONE : row->kind);
	check(row->name, !row->opens || took >= PATIENCE);
	check_int("closed by itself", prechecker.precheck.stream.fd, -1);
	speaker_await_end(&peer, row->name);
	check_int("without a byte", (long long)peer.connections[0].received_len, 0);
	check("with FIN, whatever was sent to it (FACTS 21)", !row->opens || !peer.connections[0].reset);
	precheck_stop(&prechecker.precheck);
	unit_loop_settle(&prechecker.unit);
	check_int("once", prechecker.opened + prechecker.failed, 1);
	speaker_close(&peer);
	unit_loop_close(&prechecker.unit);
}

static void test_who_is_there(void **state)
{
	static const struct speaker_step holds[] = {{SPEAKER_HOLD, NULL, 0}};
	static const struct speaker_step greets[] = {speaker_say("220 hello"), {SPEAKER_HOLD, NULL, 0}};
	static const struct speaker_step closes[] = {{SPEAKER_CLOSE, NULL, 0}};
	static const struct speaker_step resets[] = {{SPEAKER_RESET, NULL, 0}};
	static const struct precheck_row rows[] = {
		{"a peer that listens", holds, true, OUTCOME_NONE},
		{"one that speaks first", greets, true, OUTCOME_NONE},
		{"one that hangs up, as docker-proxy does (FACTS 17)", closes, false, OUTCOME_CLOSED},
		{"one that resets", resets, false, OUTCOME_RESET},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_precheck(&rows[i]);
}

static void test_nobody_is_there(void **state)
{
	struct prechecker prechecker = {.opened = 0};
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	unit_loop_open(&prechecker.unit);
	precheck_at(&prechecker, port, "refused");
	check_int("refused", prechecker.failed, 1);
	check_int("refused", prechecker.outcome.kind, OUTCOME_REFUSED);
	close(fd);
	unit_loop_close(&prechecker.unit);
}

/* After precheck_stop neither open nor failed is called, whether it was connected or not. */
static void test_stop(void **state)
{
	struct prechecker prechecker = {.opened = 0};
	struct address address;
	uint16_t port = 0;
	int fd = loopback_listen("127.0.0.1", &port);

	(void)state;
	address = loopback_address("127.0.0.1", port);
	unit_loop_open(&prechecker.unit);
	for (int connected = 0; connected < 2; connected++) {
		precheck_init(&prechecker.precheck);
		precheck_start(&prechecker.precheck, prechecker.unit.loop, NULL, &address, 0, on_open, on_failed,
			       &prechecker);
		if (connected)
			unit_loop_run(&prechecker.unit, "opens");
		precheck_stop(&prechecker.precheck);
		precheck_stop(&prechecker.precheck);
		unit_loop_settle(&prechecker.unit);
		check_int("calls", prechecker.opened + prechecker.failed, connected);
	}
	precheck_init(&prechecker.precheck);
	precheck_stop(&prechecker.precheck); /* never started */
	close(fd);
	unit_loop_close(&prechecker.unit);
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
