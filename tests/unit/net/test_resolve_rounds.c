/* resolve.c in one attempt after the other: what the attempt before has left is used, or is not. */
#include "unit.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "own_files.h"
#include "resolving.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static const struct name_server_row server_rows[] = {
	{.name = "four.test", .a = {"10.0.0.4"}},
	{.name = "late6.test", .a = {"10.0.0.7"}, .aaaa = {"fd00::7"}, .holds_aaaa = true},
};

static void set_rows(struct resolving *rig, const struct name_server_row *rows, size_t count)
{
	rig->server.rows = rows;
	rig->server.row_count = count;
}

/* Until what was found is so old that the next attempt looks it up again. */
static void grow_old(struct resolving *rig)
{
	int64_t began = clock_now();

	resolve_leave(rig->resolve);
	while (clock_now() - began < 110 * CLOCK_MS)
		unit_loop_settle(&rig->unit);
}

/* IPv6 and IPv4 take turns: the next address is of another family than the last one, if there is any. */
static void test_turns(void **state)
{
	static const struct {
		int last_family;
		const char *first, *second;
	} rows[] = {
		{AF_UNSPEC, "::1", "127.0.0.1"},
		{AF_INET, "::1", "127.0.0.1"},
		{AF_INET6, "127.0.0.1", "::1"},
	};
	struct resolving rig;

	(void)state;
	resolving_open(&rig, "peer.localhost", NULL, NULL, 0);
	resolving_run(&rig, 0, "known at once");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[ADDRESS_TEXT_MAX];

		resolve_leave(rig.resolve);
		resolve_start(rig.resolve, 0, NULL, NULL);
		check_text("first",
			   address_text(&resolve_next(rig.resolve, rows[i].last_family)->address, text, sizeof(text)),
			   rows[i].first);
		check_text("second",
			   address_text(&resolve_next(rig.resolve, rows[i].last_family)->address, text, sizeof(text)),
			   rows[i].second);
		check("each once", !resolve_next(rig.resolve, rows[i].last_family));
	}
	resolving_close(&rig);
}

struct age_row {
	const char *name;
	int64_t waited, limit; /* how old addresses may be in a wait of that length */
	int64_t young;         /* an age below the limit */
};

/* Looks the name up, and once more when what was found is `age` old. Returns how often the server was asked then. */
static unsigned ask_at_age(struct resolving *rig, const struct age_row *row, int64_t age, int64_t *began)
{
	resolving_run(rig, 0, row->name);
	resolve_leave(rig->resolve);
	if (age >= row->limit)
		*began = clock_now(); /* they are not younger than since now */
	while (clock_now() - *began < age)
		unit_loop_settle(&rig->unit);
	rig->server.asked = 0;
	resolving_run(rig, row->waited, row->name);
	return rig->server.asked;
}

/* A service that moves keeps its name: in the longest wait its new address is found within a second (FACTS 10). */
static void test_how_old_addresses_may_be(void **state)
{
	static const struct age_row rows[] = {
		{"a short wait", 0, 100 * CLOCK_MS, 40 * CLOCK_MS},
		{"3 s", 3 * CLOCK_S, 300 * CLOCK_MS, 150 * CLOCK_MS},
		{"an hour", 3600 * CLOCK_S, CLOCK_S, 700 * CLOCK_MS},
	};

	(void)state;
	if (!own_files)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int old = 0; old < 2; old++) {
			int64_t began = clock_now();
			struct resolving rig;
			unsigned asked;

			resolving_open(&rig, "four.test", NULL, server_rows, COUNT(server_rows));
			asked = ask_at_age(&rig, &rows[i], old ? rows[i].limit : rows[i].young, &began);
			/* On a slow machine the young ones have grown too old meanwhile. */
			if (old || clock_now() - began < rows[i].limit)
				check_int(rows[i].name, asked > 0, old);
			resolving_close(&rig);
		}
	}
}

/*
 * AAAA is out since the attempt before, and A waits no more for it: a lost answer costs 50 ms once (FACTS 13). A busy
 * machine may be late in one attempt; it is not so in each.
 */
static void test_a_late_family_delays_once(void **state)
{
	int64_t shortest = INT64_MAX;
	struct resolving rig;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "late6.test", NULL, server_rows, COUNT(server_rows));
	rig.stops_at_address = true;
	resolving_run(&rig, 0, "A alone");
	check_text("A alone", rig.addresses, "10.0.0.7");
	for (int i = 0; i < 10 && shortest >= 50 * CLOCK_MS; i++) {
		int64_t began, took;

		grow_old(&rig);
		began = clock_now();
		resolving_run(&rig, 0, "A at once");
		took = clock_now() - began;
		shortest = took < shortest ? took : shortest;
		check_text("A at once", rig.addresses, "10.0.0.7");
	}
	check("without the delay", shortest < 50 * CLOCK_MS);
	name_server_release(&rig.server);
	rig.stops_at_address = false;
	unit_loop_run(&rig.unit, "AAAA too");
	check_text("AAAA too", rig.addresses, "10.0.0.7 fd00::7");
	check_int("over", rig.outcome.kind, OUTCOME_READY);
	resolving_close(&rig);
}

/* If DNS is slow, the attempt begins with what the one before has found. */
static void test_the_addresses_of_the_round_before(void **state)
{
	static const struct name_server_row slow[] = {{.name = "four.test", .holds_a = true, .holds_aaaa = true}};
	static const struct name_server_row moved[] = {{.name = "four.test", .a = {"10.0.0.44"}}};
	struct resolving rig;
	int64_t began;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "four.test", NULL, server_rows, COUNT(server_rows));
	resolving_run(&rig, 0, "first");
	check_text("first", rig.addresses, "10.0.0.4");
	grow_old(&rig);
	set_rows(&rig, slow, COUNT(slow));
	rig.stops_at_address = true;
	began = clock_now();
	resolving_run(&rig, 0, "second");
	check_text("what was found before", rig.addresses, "10.0.0.4");
	check("not before 50 ms", clock_now() - began >= 50 * CLOCK_MS);
	check("not over", !resolve_is_over(rig.resolve, &rig.outcome));
	set_rows(&rig, moved, COUNT(moved));
	name_server_release(&rig.server);
	rig.stops_at_address = false;
	unit_loop_run(&rig.unit, "the answer at last");
	check_text("the answer at last", rig.addresses, "10.0.0.4 10.0.0.44");
	resolving_close(&rig);
}

/* What was found before may belong to another container now (FACTS 6): it is not tried beside what is found now. */
static void test_no_old_address_beside_a_new_one(void **state)
{
	static const struct name_server_row moved[] = {
		{.name = "four.test", .aaaa = {"fd00::4"}, .holds_a = true},
	};
	struct resolving rig;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "four.test", NULL, server_rows, COUNT(server_rows));
	resolving_run(&rig, 0, "first");
	check_text("first", rig.addresses, "10.0.0.4");
	grow_old(&rig);
	set_rows(&rig, moved, COUNT(moved));
	rig.stops_at_address = true;
	resolving_run(&rig, 0, "second");
	check_text("what is found now", rig.addresses, "fd00::4");
	rig.stops_at_address = false;
	for (int64_t began = clock_now(); clock_now() - began < 60 * CLOCK_MS;)
		unit_loop_settle(&rig.unit);
	check_text("nor after the delay for A", rig.addresses, "fd00::4");
	name_server_release(&rig.server);
	unit_loop_run(&rig.unit, "over");
	check_text("A has none any more", rig.addresses, "fd00::4");
	resolving_close(&rig);
}

/* In the same attempt the name is asked for again, and only new addresses are tried. */
static void test_repeat(void **state)
{
	static const struct name_server_row moved[] = {{.name = "four.test", .a = {"10.0.0.4", "10.0.0.44"}}};
	struct resolving rig;
	unsigned asked;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "four.test", NULL, server_rows, COUNT(server_rows));
	resolving_run(&rig, 0, "first");
	asked = rig.server.asked;
	resolve_repeat(rig.resolve);
	check("open again", !resolve_is_over(rig.resolve, &rig.outcome));
	unit_loop_run(&rig.unit, "the same");
	check_text("the same", rig.addresses, "10.0.0.4");
	set_rows(&rig, moved, COUNT(moved));
	resolve_repeat(rig.resolve);
	unit_loop_run(&rig.unit, "one more");
	check_text("one more", rig.addresses, "10.0.0.4 10.0.0.44");
	check_int("by questions", rig.server.asked, asked + 4);
	resolving_close(&rig);
	resolving_open(&rig, "10.0.0.2", NULL, NULL, 0);
	resolving_run(&rig, 0, "an address");
	resolve_repeat(rig.resolve); /* does nothing */
	check("an address", resolve_is_over(rig.resolve, &rig.outcome));
	resolving_close(&rig);
}

/* A name in /etc/hosts needs no answer from anybody, also if it comes there in the middle of an attempt. */
static void test_hosts(void **state)
{
	static const struct name_server_row silent[] = {{.name = "db.test", .holds_a = true, .holds_aaaa = true}};
	struct resolving rig;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "db.test", "172.17.0.2", silent, COUNT(silent));
	rig.server.stops_at_hold = true;
	resolving_run(&rig, 0, "asked");
	rig.server.stops_at_hold = false;
	own_files_write(OWN_HOSTS, "10.1.0.1 db.test\nfd00::1 db.test\n");
	while (!resolve_is_over(rig.resolve, &rig.outcome))
		unit_loop_run(&rig.unit, "hosts");
	unit_loop_settle(&rig.unit);
	check_text("IPv6 first, and no variable", rig.addresses, "fd00::1 10.1.0.1");
	check_int("over", rig.outcome.kind, OUTCOME_READY);
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	resolving_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_how_old_addresses_may_be),
		cmocka_unit_test(test_a_late_family_delays_once),
		cmocka_unit_test(test_the_addresses_of_the_round_before),
		cmocka_unit_test(test_no_old_address_beside_a_new_one),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_hosts),
	};

	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
