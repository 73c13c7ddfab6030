/* resolve.c: when a name is asked for again, and how long DNS has for its answer then. */
#include "unit.h"

#include "base/clock.h"
#include "own_files.h"
#include "resolving.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static const struct name_server_row server_rows[] = {
	{.name = "silent.test", .holds_a = true, .holds_aaaa = true},
};

/* A name without an address is asked for in each attempt, however soon that is: the question is the attempt. */
static void test_nothing_is_never_fresh(void **state)
{
	struct resolving rig;
	unsigned asked;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "nosuch.test", NULL, server_rows, COUNT(server_rows));
	resolving_run(&rig, 0, "first");
	asked = rig.server.asked;
	resolve_leave(rig.resolve);
	resolving_run(&rig, 0, "second");
	check("by a question", rig.server.asked > asked);
	check_int("no such name", rig.outcome.kind, OUTCOME_NO_NAME);
	resolving_close(&rig);
}

/*
 * If DNS is silent, only the first attempt has the patience of 1 s before it uses the variable. A busy machine may be late
 * in a later one; it is not so each time.
 */
static void test_patience_once(void **state)
{
	int64_t shortest = INT64_MAX;
	struct resolving rig;

	(void)state;
	if (!own_files)
		skip();
	resolving_open(&rig, "silent.test", "172.17.0.2", server_rows, COUNT(server_rows));
	rig.stops_at_address = true;
	resolving_run(&rig, 0, "first");
	for (int i = 0; i < 5 && shortest >= CLOCK_S; i++) {
		int64_t began, took;

		resolve_leave(rig.resolve);
		for (began = clock_now(); clock_now() - began < 110 * CLOCK_MS;) /* until it is looked up again */
			unit_loop_settle(&rig.unit);
		began = clock_now();
		resolving_run(&rig, 0, "later");
		took = clock_now() - began;
		shortest = took < shortest ? took : shortest;
		check_text("the variable", rig.addresses, "172.17.0.2(variable)");
	}
	check("without the patience", shortest < CLOCK_S);
	resolving_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_never_fresh),
		cmocka_unit_test(test_patience_once),
	};

	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
