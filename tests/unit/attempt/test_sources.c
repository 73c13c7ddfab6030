/* sources.c: the places that SRV records name. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "attempting.h"
#include "base/clock.h"
#include "loopback.h"
#include "name_server.h"
#include "own_files.h"

#define NAME "_db._tcp.test"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static void srv_open(struct attempting *attempting, struct name_server *server, const struct name_server_row *row)
{
	attempting_open(attempting);
	name_server_open(server, &attempting->unit, row, 1);
	name_server_use(server, "");
	attempting_bind(attempting, "srv+tcp://" NAME);
}

static void srv_close(struct attempting *attempting, struct name_server *server)
{
	attempting_close(attempting);
	name_server_close(server);
}

/* Records without a port, or without a name that a host can have: nothing to connect to, and the reason says why. */
static void test_no_places(void **state)
{
	static const struct name_server_row rows[] = {
		{.name = NAME, .services = {{"one.localhost", 0, 1, 1}}},
		{.name = NAME, .services = {{"a b", 7, 1, 1}}},
	};

	(void)state;
	if (!own_files)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct attempting attempting;
		struct name_server server;

		srv_open(&attempting, &server, &rows[i]);
		attempting_run(&attempting, CLOCK_S, rows[i].services[0].host);
		check_int(rows[i].services[0].host, attempting.outcome.kind, OUTCOME_NO_SERVICE);
		check_has(rows[i].services[0].host, attempting.outcome.detail, "a host and a port");
		srv_close(&attempting, &server);
	}
}

/*
 * An answer that came between two attempts is used by the next one, though the server would take too long for that one as
 * well.
 */
static void test_an_answer_between_two_attempts(void **state)
{
	struct name_server_row row = {.name = NAME, .holds_a = true};
	struct attempting attempting;
	struct name_server server;
	uint16_t port = 0;
	int listener;

	(void)state;
	if (!own_files)
		skip();
	listener = loopback_listen("127.0.0.1", &port);
	row.services[0] = (struct name_server_service){"one.localhost", port, 1, 1};
	srv_open(&attempting, &server, &row);
	attempting_run(&attempting, 100 * CLOCK_MS, "too slow");
	check_int("too slow", attempting.outcome.kind, OUTCOME_DNS_SILENT);
	name_server_release(&server);
	unit_loop_settle(&attempting.unit);
	attempting_run(&attempting, CLOCK_S, "the next attempt");
	check_int("the next attempt", attempting.outcome.kind, OUTCOME_READY);
	check_int("there", attempting.place.port, port);
	srv_close(&attempting, &server);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_places),
		cmocka_unit_test(test_an_answer_between_two_attempts),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
