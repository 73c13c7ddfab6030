#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "own_files.h"
#include "resolving.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

struct find_row {
	const char *name, *host, *fallback;
	enum outcome_kind kind;
	const char *addresses;
};

static void check_found(const struct find_row *row, const struct name_server_row *rows, size_t count)
{
	struct resolving rig;

	resolving_open(&rig, row->host, row->fallback, rows, count);
	resolving_run(&rig, 0, row->name);
	check_int(row->name, rig.outcome.kind, row->kind);
	check_text(row->name, rig.addresses, row->addresses);
	resolve_leave(rig.resolve);
	resolving_close(&rig);
}

/* Look-ups that need no server. */
static void test_without_a_server(void **state)
{
	static const struct find_row rows[] = {
		{"an address", "10.0.0.2", NULL, OUTCOME_READY, "10.0.0.2"},
		{"an IPv6 address", "fd00::2", NULL, OUTCOME_READY, "fd00::2"},
		{"a path", "/run/pg", NULL, OUTCOME_READY, "unix"},
		{"an address needs no variable", "10.0.0.2", "172.17.0.2", OUTCOME_READY, "10.0.0.2"},
		{"IPv6 first", "peer.localhost", NULL, OUTCOME_READY, "::1 127.0.0.1"},
		/* The name comes first; the address of a variable is only the fallback (FACTS 6). */
		{"the name before the variable", "peer.localhost", "172.17.0.2", OUTCOME_READY, "::1 127.0.0.1"},
		{"no such name", "db.onion", NULL, OUTCOME_NO_NAME, ""},
		{"no such name, but a variable", "db.onion", "172.17.0.2", OUTCOME_READY, "172.17.0.2(variable)"},
		{"an IPv6 variable", "db.onion", "fd00::3", OUTCOME_READY, "fd00::3(variable)"},
		{"a variable that is no address", "db.onion", "db", OUTCOME_NO_NAME, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_found(&rows[i], NULL, 0);
}

/* libpq's hostaddr needs no look-up, so nothing is shared. */
static void test_a_given_address(void **state)
{
	struct endpoint endpoint = {.host = (char *)"db.onion", .port = 5432, .address = (char *)"10.0.0.9"};
	struct resolving rig;

	(void)state;
	resolving_open(&rig, "db.onion", NULL, NULL, 0);
	resolve_free(rig.resolve);
	rig.resolve = resolve_new(rig.unit.loop, NULL, &endpoint);
	resolving_run(&rig, 0, "hostaddr");
	check_text("hostaddr", rig.addresses, "10.0.0.9");
	check_int("hostaddr", rig.outcome.kind, OUTCOME_READY);
	resolving_close(&rig);
}

/* After resolve_leave news is not called, whatever answers come. */
static void test_leave(void **state)
{
	static const char *const hosts[] = {"10.0.0.2", "peer.localhost", "db.onion"};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct resolving rig;

		resolving_open(&rig, hosts[i], NULL, NULL, 0);
		resolving_start(&rig, 0);
		resolve_leave(rig.resolve);
		unit_loop_settle(&rig.unit);
		check_int(hosts[i], rig.news, 0);
		resolving_run(&rig, 0, hosts[i]); /* and again for the next attempt */
		check_int(hosts[i], rig.news > 0, resolve_is_by_name(rig.resolve));
		resolving_close(&rig);
	}
	resolve_free(NULL);
}

static const struct name_server_row server_rows[] = {
	{.name = "many.test",
	 .a = {"10.0.0.1", "10.0.0.2", "10.0.0.3"},
	 .aaaa = {"fd00::1", "fd00::2"},
	 .holds_aaaa = true},
	{.name = "four.test", .a = {"10.0.0.4"}},
	{.name = "six.test", .aaaa = {"fd00::6"}},
	{.name = "twice.test", .a = {"10.0.0.5", "10.0.0.5"}},
	{.name = "empty.test"},
	{.name = "broken.test", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "brokena.test", .rcode_a = NAME_SERVER_SERVFAIL},
	{.name = "brokenaaaa.test", .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "late6.test", .a = {"10.0.0.7"}, .aaaa = {"fd00::7"}, .holds_aaaa = true},
	{.name = "late4.test", .a = {"10.0.0.8"}, .aaaa = {"fd00::8"}, .holds_a = true},
	{.name = "silent.test", .a = {"10.0.0.9"}, .holds_a = true, .holds_aaaa = true},
};

static void test_with_a_server(void **state)
{
	static const struct find_row rows[] = {
		{"IPv4 only", "four.test", NULL, OUTCOME_READY, "10.0.0.4"},
		{"IPv6 only", "six.test", NULL, OUTCOME_READY, "fd00::6"},
		{"each once", "twice.test", NULL, OUTCOME_READY, "10.0.0.5"},
		{"no address", "empty.test", NULL, OUTCOME_NO_ADDRESS, ""},
		{"no address, but a variable", "empty.test", "172.17.0.2", OUTCOME_READY, "172.17.0.2(variable)"},
		{"an error", "broken.test", NULL, OUTCOME_DNS_FAILED, ""},
		/* The reason with the higher weight is reported. */
		{"an error for A, no AAAA", "brokena.test", NULL, OUTCOME_DNS_FAILED, ""},
		{"an error for AAAA, no A", "brokenaaaa.test", NULL, OUTCOME_DNS_FAILED, ""},
		{"an error, but a variable", "broken.test", "172.17.0.2", OUTCOME_READY, "172.17.0.2(variable)"},
		{"an address beside a variable", "four.test", "172.17.0.2", OUTCOME_READY, "10.0.0.4"},
		{"no such name", "nosuch.test", NULL, OUTCOME_NO_NAME, ""},
	};

	(void)state;
	if (!own_files)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++)
		check_found(&rows[i], server_rows, COUNT(server_rows));
}

/* A waits 50 ms for AAAA, then its addresses are tried; AAAA does not wait for A (RFC 8305, 3). */
static void test_resolution_delay(void **state)
{
	struct resolving rig;
	int64_t began;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "late6.test", NULL, server_rows, COUNT(server_rows));
	rig.stops_at_address = true;
	began = clock_now();
	resolving_run(&rig, 0, "A alone");
	check_text("A alone", rig.addresses, "10.0.0.7");
	check("not before 50 ms", clock_now() - began >= 50 * CLOCK_MS);
	check("and it is not over", !resolve_is_over(rig.resolve, &rig.outcome));
	name_server_release(&rig.server);
	rig.stops_at_address = false;
	unit_loop_run(&rig.unit, "AAAA too");
	check_text("appended", rig.addresses, "10.0.0.7 fd00::7");
	resolving_close(&rig);
	resolving_open(&rig, "late4.test", NULL, server_rows, COUNT(server_rows));
	rig.stops_at_address = true;
	resolving_run(&rig, 0, "AAAA alone");
	check_text("AAAA alone", rig.addresses, "fd00::8");
	name_server_release(&rig.server);
	rig.stops_at_address = false;
	unit_loop_run(&rig.unit, "A too");
	check_text("appended", rig.addresses, "fd00::8 10.0.0.8");
	resolving_close(&rig);
}

/* A lost AAAA costs the delay, and not the whole patience with DNS. A busy machine may be late; it is not so ten times. */
static void test_the_delay_is_no_patience(void **state)
{
	int64_t shortest = INT64_MAX;

	(void)state;
	if (!own_files)
		skip();
	for (int i = 0; i < 10 && shortest >= CLOCK_S; i++) {
		int64_t began = clock_now(), took;
		struct resolving rig;

		resolving_open(&rig, "late6.test", NULL, server_rows, COUNT(server_rows));
		rig.stops_at_address = true;
		resolving_run(&rig, 0, "A alone");
		took = clock_now() - began;
		shortest = took < shortest ? took : shortest;
		resolving_close(&rig);
	}
	check("before the patience is over", shortest < CLOCK_S);
}

/* An AAAA within the 50 ms comes first, and then the families take turns (RFC 8305, 4). */
static void test_an_answer_within_the_delay(void **state)
{
	struct resolving rig;
	int64_t began;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "many.test", NULL, server_rows, COUNT(server_rows));
	rig.server.stops_at_hold = true;
	began = clock_now();
	resolving_run(&rig, 0, "asked");
	unit_loop_settle(&rig.unit);
	if (clock_now() - began < 50 * CLOCK_MS)
		check_text("A is there, and waits", rig.addresses, "");
	name_server_release(&rig.server);
	unit_loop_run(&rig.unit, "both");
	/* Skipped if this machine was too slow. */
	if (clock_now() - began < 50 * CLOCK_MS)
		check_text("in turn", rig.addresses, "fd00::1 10.0.0.1 fd00::2 10.0.0.2 10.0.0.3");
	resolving_close(&rig);
}

/*
 * Addresses that are not older than 10 % of the wait (at least 100 ms, at most 1 s) are used again; older ones are not.
 */
static void test_asks_again(void **state)
{
	static const struct name_server_row moved[] = {{.name = "four.test", .a = {"10.0.0.44"}}};
	struct resolving rig;
	unsigned asked;
	int64_t first;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "four.test", NULL, server_rows, COUNT(server_rows));
	first = clock_now();
	resolving_run(&rig, 0, "first");
	asked = rig.server.asked;
	rig.server.rows = moved;
	rig.server.row_count = 1;
	resolve_leave(rig.resolve);
	resolving_run(&rig, 3600 * CLOCK_S, "second");
	/* They are less than 1 s old, unless this machine was too slow. */
	if (clock_now() - first < CLOCK_S) {
		check_text("what it found before", rig.addresses, "10.0.0.4");
		check_int("without a question", rig.server.asked, asked);
	}
	resolve_leave(rig.resolve);
	while (clock_now() - first < 100 * CLOCK_MS)
		unit_loop_settle(&rig.unit);
	resolving_run(&rig, 0, "third");
	check_text("what it is now", rig.addresses, "10.0.0.44");
	check("by a question", rig.server.asked > asked);
	resolving_close(&rig);
}

/* A silent server gets 1 s, then the address of the variable is tried (FACTS 6, 13). */
static void test_silence(void **state)
{
	struct resolving rig;
	int64_t began;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "silent.test", "172.17.0.2", server_rows, COUNT(server_rows));
	rig.stops_at_address = true;
	began = clock_now();
	resolving_run(&rig, 0, "silence");
	check_text("the variable", rig.addresses, "172.17.0.2(variable)");
	check("after 1 s", clock_now() - began >= CLOCK_S);
	name_server_release(&rig.server);
	rig.stops_at_address = false;
	unit_loop_run(&rig.unit, "the answer at last");
	check_text("appended", rig.addresses, "172.17.0.2(variable) 10.0.0.9");
	resolving_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_server),
		cmocka_unit_test(test_a_given_address),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_with_a_server),
		cmocka_unit_test(test_resolution_delay),
		cmocka_unit_test(test_the_delay_is_no_patience),
		cmocka_unit_test(test_an_answer_within_the_delay),
		cmocka_unit_test(test_asks_again),
		cmocka_unit_test(test_silence),
	};

	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
