/* attempt.c: which address begins when, and what is waited for, with probes that end when the test says so. */
#include "unit.h"

#include "attempt/probe.h"
#include "attempting.h"
#include "base/clock.h"
#include "name_server.h"
#include "own_files.h"
#include "target/scheme.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

enum { TURN_ENDPOINTS = 3 };

/* What the probe of each endpoint does, and when it began. */
struct turns {
	int64_t ends[TURN_ENDPOINTS]; /* refused after so long; 0: never */
	const char *names;            /* a host that the first endpoint names, and is ready; NULL: none */
	int64_t began[TURN_ENDPOINTS];
};

struct turn_state {
	struct loop_timer end;
};

static void turn_on_end(void *arg)
{
	const struct outcome refused = outcome_make(OUTCOME_REFUSED, NULL);

	probe_finish(arg, &refused);
}

static void turn_start(struct probe *probe)
{
	const struct outcome ready = outcome_make(OUTCOME_READY, NULL);
	struct turns *turns = probe->target->plan;
	struct turn_state *turn = probe->state;
	size_t which = (size_t)(probe->endpoint - probe->target->endpoints);

	loop_timer_init(probe->loop, &turn->end, turn_on_end, probe);
	turns->began[which] = clock_now();
	if (turns->ends[which])
		loop_timer_set(&turn->end, turns->ends[which]);
	if (turns->names && probe_refer(probe, turns->names, 7))
		probe_finish(probe, &ready);
}

static void turn_start_found(struct probe *probe)
{
	const struct outcome ready = outcome_make(OUTCOME_READY, NULL);
	struct turn_state *turn = probe->state;

	loop_timer_init(probe->loop, &turn->end, turn_on_end, probe);
	probe_finish(probe, &ready);
}

static void turn_stop(struct probe *probe)
{
	struct turn_state *turn = probe->state;

	loop_timer_clear(&turn->end);
}

static const struct protocol turn_found = {.state_size = sizeof(struct turn_state),
					   .start = turn_start_found,
					   .stop = turn_stop};
static const struct protocol turn_protocol = {.state_size = sizeof(struct turn_state),
					      .found = &turn_found,
					      .start = turn_start,
					      .stop = turn_stop};
static const struct scheme turn_scheme = {.name = "turn", .protocol = &turn_protocol};

static void use_turns(struct attempting *attempting, struct turns *turns, const char *text)
{
	attempting_use_scheme(attempting, text, &turn_scheme, turns, turns->names != NULL);
}

/* The first one fails while the second has its head start: the third does not begin before that is over (RFC 8305, 5). */
static void test_a_later_one_keeps_its_head_start(void **state)
{
	struct turns turns = {.ends = {300 * CLOCK_MS, 0, 1 * CLOCK_MS}};
	struct attempting attempting;

	(void)state;
	attempting_open(&attempting);
	use_turns(&attempting, &turns, "turn://127.0.0.1:1,127.0.0.2:1,127.0.0.3:1");
	attempting_run(&attempting, CLOCK_S, "three");
	check("all began", turns.began[0] && turns.began[1] && turns.began[2]);
	/* 250 ms from the beginning of a turn of the loop, which on a loaded machine is some ms before the probe began. */
	check("the second after 250 ms", turns.began[1] - turns.began[0] >= 200 * CLOCK_MS);
	check("the third 250 ms after the second", turns.began[2] - turns.began[1] >= 200 * CLOCK_MS);
	attempting_close(&attempting);
}

/* Lets the server answer when the attempt only waits for it. */
struct patient {
	struct attempting attempting;
	struct name_server server;
	struct loop_timer timer;
	size_t sockets; /* that the attempt has of the session while it waits */
};

static void patient_on_timer(void *arg)
{
	struct patient *patient = arg;

	patient->sockets = patient->attempting.session.sockets;
	name_server_release(&patient->server);
}

/* The name has no address yet: it is waited for in the same attempt, and others can use the socket in the meantime. */
static void check_awaited(const char *text, struct turns *turns, const char *name, enum outcome_kind kind)
{
	const struct name_server_row slow = {.name = name, .a = {"127.0.0.9"}, .holds_a = true, .holds_aaaa = true};
	struct patient patient = {.sockets = 99};

	if (!own_files)
		skip();
	attempting_open(&patient.attempting);
	name_server_open(&patient.server, &patient.attempting.unit, &slow, 1);
	name_server_use(&patient.server, "");
	use_turns(&patient.attempting, turns, text);
	loop_timer_init(patient.attempting.unit.loop, &patient.timer, patient_on_timer, &patient);
	loop_timer_set(&patient.timer, 300 * CLOCK_MS);
	attempting_run(&patient.attempting, ATTEMPTING_LIMIT, text);
	check_int(text, patient.attempting.outcome.kind, kind);
	check_text("there", patient.attempting.place.address, "127.0.0.9");
	check_int("without a socket", (long long)patient.sockets, 0);
	loop_timer_clear(&patient.timer);
	attempting_close(&patient.attempting);
	name_server_close(&patient.server);
}

static void test_a_found_name_is_awaited(void **state)
{
	struct turns turns = {.names = "found.test"};

	(void)state;
	check_awaited("turn://127.0.0.1:1", &turns, "found.test", OUTCOME_READY);
}

static void test_a_name_is_awaited(void **state)
{
	struct turns turns = {.ends = {1 * CLOCK_MS}};

	(void)state;
	check_awaited("turn://db.test:1", &turns, "db.test", OUTCOME_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_later_one_keeps_its_head_start),
		cmocka_unit_test(test_a_found_name_is_awaited),
		cmocka_unit_test(test_a_name_is_awaited),
	};

	own_files = own_files_take();
	if (own_files)
		own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	return unit_main(tests);
}
