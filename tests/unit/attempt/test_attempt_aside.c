/* attempt.c, race.c: an address that hangs does not hide the others, with probes that end when the test says so. */
#include "unit.h"

#include "attempting.h"
#include "base/clock.h"
#include "lanes.h"
#include "name_server.h"
#include "own_files.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static void open_both(struct attempting *attempting, struct lane *lanes)
{
	attempting_open(attempting);
	attempting_use_scheme(attempting, "lane://127.0.0.1:1,127.0.0.2:1", &lanes_scheme, lanes, false);
}

/* One attempt, in which 127.0.0.2 refuses long before the limit. */
static void run_refused(struct attempting *attempting)
{
	attempting_run(attempting, ATTEMPTING_LIMIT, "refused");
	check_int("refused", attempting->outcome.kind, OUTCOME_REFUSED);
	check_text("at the second", attempting->place.address, "127.0.0.2");
	check("not held up by the first", attempting->took < ATTEMPTING_LIMIT / 2);
}

static void pause_on_end(void *arg)
{
	loop_stop(arg);
}

static void pause_for(struct attempting *attempting, int64_t length)
{
	struct loop_timer timer;

	loop_timer_init(attempting->unit.loop, &timer, pause_on_end, attempting->unit.loop);
	loop_timer_set(&timer, length);
	unit_loop_run(&attempting->unit, "a pause");
}

/* The second one is tried again and again, while there is one connection to the first. */
static void test_one_hangs(void **state)
{
	struct lane lanes[LANES] = {{0}, {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	for (int i = 1; i <= 5; i++) {
		run_refused(&attempting);
		check_int("the first: tried once", lanes[0].starts, 1);
		check_int("the second: in each attempt", lanes[1].starts, i);
		check_int("the first has a socket", (long long)attempting.session.sockets, 1);
	}
	attempt_stop(attempting.attempt);
	check_int("stopped", lanes[0].stops, 1);
	check_int("and no socket any more", (long long)attempting.session.sockets, 0);
	attempting_close(&attempting);
}

/* The first address has its head start, whichever of the two hangs. */
static void test_it_hangs_after_its_head_start(void **state)
{
	struct lane lanes[LANES] = {{.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}, {0}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "the second hangs");
	check("250 ms", attempting.took >= 200 * CLOCK_MS && attempting.took < ATTEMPTING_LIMIT / 2);
	attempting_close(&attempting);
}

static void test_ready_in_a_later_attempt(void **state)
{
	struct lane lanes[LANES] = {{.ends = 1900 * CLOCK_MS, .kind = OUTCOME_READY},
				    {.ends = 1 * CLOCK_S, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	run_refused(&attempting);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "ready");
	check_int("ready", attempting.outcome.kind, OUTCOME_READY);
	check_text("at the first", attempting.place.address, "127.0.0.1");
	check_int("by its first connection", lanes[0].starts, 1);
	attempting_close(&attempting);
}

static void test_ready_between_two_attempts(void **state)
{
	struct lane lanes[LANES] = {{.ends = 1 * CLOCK_S, .kind = OUTCOME_READY},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	run_refused(&attempting);
	pause_for(&attempting, 1200 * CLOCK_MS);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "ready");
	check_int("ready", attempting.outcome.kind, OUTCOME_READY);
	check_text("at the first", attempting.place.address, "127.0.0.1");
	check_int("told at once", attempting.earlies, 1);
	check_int("nobody was asked again", lanes[0].starts + lanes[1].starts, 2);
	check_int("and no socket is kept", (long long)attempting.session.sockets, 0);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "after that");
	check_int("a new look", lanes[0].starts, 2);
	attempting_close(&attempting);
}

static void test_refused_between_two_attempts(void **state)
{
	struct lane lanes[LANES] = {{.ends = 1 * CLOCK_S, .kind = OUTCOME_REFUSED},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	run_refused(&attempting);
	pause_for(&attempting, 1200 * CLOCK_MS);
	check_int("its socket is free", (long long)attempting.session.sockets, 0);
	run_refused(&attempting);
	check_int("tried again", lanes[0].starts, 2);
	attempting_close(&attempting);
}

/* A connected server is waited for: it may have work to do for its reply. */
static void test_a_connected_one_does_not_hang(void **state)
{
	struct lane lanes[LANES] = {{.connects = true}, {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	attempting_run(&attempting, 600 * CLOCK_MS, "silent");
	check_int("silent", attempting.outcome.kind, OUTCOME_SILENT);
	check_text("at the first", attempting.place.address, "127.0.0.1");
	check("to the limit", attempting.took >= 600 * CLOCK_MS);
	attempting_close(&attempting);
}

/* One that connects while it is aside is waited for by the next attempt. */
static void test_connected_while_aside(void **state)
{
	struct lane lanes[LANES] = {{.connects_after = 900 * CLOCK_MS, .ends = 2 * CLOCK_S, .kind = OUTCOME_STARTING},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	run_refused(&attempting);
	pause_for(&attempting, 900 * CLOCK_MS);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "starting");
	check_int("starting", attempting.outcome.kind, OUTCOME_STARTING);
	check_int("by one connection", lanes[0].starts, 1);
	attempting_close(&attempting);
}

/* Both hang and count as if they had ended: the first one before the second. */
static void test_what_hangs_counts(void **state)
{
	struct lane lanes[LANES] = {{0}, {0}, {.ends = 1 * CLOCK_MS, .kind = OUTCOME_NO_ADDRESS}};
	struct attempting attempting;

	(void)state;
	attempting_open(&attempting);
	attempting_use_scheme(&attempting, "lane://127.0.0.1:1,127.0.0.2:1,127.0.0.3:1", &lanes_scheme, lanes, false);
	for (int i = 0; i < 2; i++) {
		attempting_run(&attempting, ATTEMPTING_LIMIT, "hang");
		check_int("more than no address", attempting.outcome.kind, OUTCOME_CONNECT_TIMEOUT);
		check_text("the first", attempting.place.address, "127.0.0.1");
		check_int("and another", (long long)attempting.place.others, 1);
		check("before the limit", attempting.took < ATTEMPTING_LIMIT / 2);
	}
	attempting_close(&attempting);
}

/* The end of an attempt leaves a socket for the next one: nobody else tells those who wait for one. */
static void test_the_last_socket_is_given_back(void **state)
{
	struct lane lanes[LANES] = {{0}, {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	attempting.session.sockets_max = 2;
	run_refused(&attempting);
	check_int("one hangs, one is free", (long long)attempting.session.sockets, 1);
	attempting.session.sockets_max = 1;
	attempt_stop(attempting.attempt);
	lanes[1].ends = 0;
	lanes[0] = (struct lane){.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED};
	attempting_run(&attempting, ATTEMPTING_LIMIT, "one socket for two");
	check_int("refused", attempting.outcome.kind, OUTCOME_REFUSED);
	check_int("the other was stopped", lanes[1].starts - lanes[1].stops, 0);
	check_int("none is kept", (long long)attempting.session.sockets, 0);
	attempting_close(&attempting);
}

/* What is taken over ends with its attempt: its own deadline may be later. */
static void test_the_limit_of_what_is_taken_over(void **state)
{
	struct lane lanes[LANES] = {{.connects_after = 900 * CLOCK_MS},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	run_refused(&attempting);
	pause_for(&attempting, 900 * CLOCK_MS);
	attempting_run(&attempting, 300 * CLOCK_MS, "silent");
	check_int("silent", attempting.outcome.kind, OUTCOME_SILENT);
	check("at its limit", attempting.took < ATTEMPTING_LIMIT / 2);
	attempting_close(&attempting);
}

/* Two endpoints with one address: what hangs is that of one of them, and the other is asked itself. */
static void test_two_names_of_an_address(void **state)
{
	struct lane lanes[LANES] = {{.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct attempting attempting;

	(void)state;
	attempting_open(&attempting);
	attempting_use_scheme(&attempting, "lane://127.0.0.1:1,127.0.0.1:1", &lanes_scheme, lanes, false);
	lanes[0].hangs_second = true;
	attempting_run(&attempting, ATTEMPTING_LIMIT, "one hangs");
	check_int("both are asked", lanes[0].starts, 2);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "again");
	check_int("the first again, the second is taken over", lanes[0].starts, 3);
	check_int("refused", attempting.outcome.kind, OUTCOME_REFUSED);
	attempting_close(&attempting);
}

/* Both end in one turn of the loop: the attempt waits for the outcome that is told second. */
static void test_both_end_in_one_turn(void **state)
{
	struct lane lanes[LANES] = {{.kind = OUTCOME_STARTING},
				    {.ends = 10 * CLOCK_MS, .kind = OUTCOME_REFUSED, .ends_both = true}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "both");
	check_int("the one that got further", attempting.outcome.kind, OUTCOME_STARTING);
	lanes[0].kind = OUTCOME_READY;
	attempting_run(&attempting, ATTEMPTING_LIMIT, "both");
	check_int("in this attempt, not in the next", attempting.outcome.kind, OUTCOME_READY);
	lanes[0].names = "127.0.0.3";
	attempting_run(&attempting, ATTEMPTING_LIMIT, "both");
	check_int("where it is said to be, in this attempt too", attempting.outcome.kind, OUTCOME_READY);
	check_text("there", attempting.place.address, "127.0.0.3");
	attempting_close(&attempting);
}

/* All hang: the attempt takes as long as they do. */
static void test_all_hang(void **state)
{
	struct lane lanes[LANES] = {{0}, {0}};
	struct attempting attempting;

	(void)state;
	open_both(&attempting, lanes);
	attempting_run(&attempting, 600 * CLOCK_MS, "all hang");
	check_int("no answer", attempting.outcome.kind, OUTCOME_CONNECT_TIMEOUT);
	check("to the limit", attempting.took >= 600 * CLOCK_MS);
	attempting_close(&attempting);
}

/* It matters what this attempt finds (--once, --down; --fail-fast, a row of successes): each address may change it. */
static void test_an_attempt_that_waits(void **state)
{
	(void)state;
	for (int thorough = 0; thorough <= 1; thorough++) {
		struct lane lanes[LANES] = {{.ends = 600 * CLOCK_MS, .kind = OUTCOME_READY},
					    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_DENIED}};
		struct attempting attempting;

		attempting_open(&attempting);
		attempting.thorough = thorough;
		attempting.stays = !thorough;
		attempting_use_scheme(&attempting, "lane://127.0.0.1:1,127.0.0.2:1", &lanes_scheme, lanes, false);
		attempting_run(&attempting, ATTEMPTING_LIMIT, "ready");
		check_int("ready", attempting.outcome.kind, OUTCOME_READY);
		attempting_close(&attempting);
	}
}

/* What hangs at an address that DNS does not name any more ends with the next attempt. */
static void test_an_address_that_is_gone(void **state)
{
	static const struct name_server_row both[] = {{.name = "db.test", .a = {"127.0.0.1", "127.0.0.2"}}},
					    second[] = {{.name = "db.test", .a = {"127.0.0.2"}}};
	struct lane lanes[LANES] = {{0}, {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	int64_t deadline = clock_now() + ATTEMPTING_LIMIT / 2;
	struct attempting attempting;
	struct name_server server;

	(void)state;
	if (!own_files)
		skip();
	attempting_open(&attempting);
	name_server_open(&server, &attempting.unit, both, 1);
	name_server_use(&server, "");
	attempting_use_scheme(&attempting, "lane://db.test:1", &lanes_scheme, lanes, false);
	run_refused(&attempting);
	check_int("it hangs", lanes[0].starts - lanes[0].stops, 1);
	server.rows = second;
	while (lanes[0].stops == 0 && clock_now() < deadline) {
		pause_for(&attempting, 50 * CLOCK_MS);
		run_refused(&attempting);
	}
	check_int("stopped, long before its limit", lanes[0].stops, 1);
	check_int("and not tried again", lanes[0].starts, 1);
	attempting_close(&attempting);
	name_server_close(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_hangs),
		cmocka_unit_test(test_it_hangs_after_its_head_start),
		cmocka_unit_test(test_ready_in_a_later_attempt),
		cmocka_unit_test(test_ready_between_two_attempts),
		cmocka_unit_test(test_refused_between_two_attempts),
		cmocka_unit_test(test_a_connected_one_does_not_hang),
		cmocka_unit_test(test_connected_while_aside),
		cmocka_unit_test(test_what_hangs_counts),
		cmocka_unit_test(test_the_last_socket_is_given_back),
		cmocka_unit_test(test_the_limit_of_what_is_taken_over),
		cmocka_unit_test(test_two_names_of_an_address),
		cmocka_unit_test(test_both_end_in_one_turn),
		cmocka_unit_test(test_all_hang),
		cmocka_unit_test(test_an_attempt_that_waits),
		cmocka_unit_test(test_an_address_that_is_gone),
	};

	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
