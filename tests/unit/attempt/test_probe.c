#include "unit.h"

#include <string.h>

#include "attempt/probe.h"
#include "base/clock.h"
#include "loopback.h"
#include "target/scheme.h"
#include "unit_loop.h"

struct bind_row {
	const char *target;
	const char *scheme;
	uint16_t port;       /* of the first endpoint */
	const char *message; /* of the error; then the rest does not matter */
};

static void check_bind(const struct bind_row *row)
{
	struct env env;
	struct unit_log log;
	struct error err = {0};
	struct target target;

	unit_log_open(&log);
	env_copy(&env, NULL);
	if (target_parse(&target, row->target, &err))
		fail_msg("%s", err.text);
	target.settings.attempt_timeout = 3 * CLOCK_S;
	check_int(row->target, probe_bind(&target, 1, &env, &log.log, &err), row->message ? -1 : 0);
	if (row->message) {
		check_has(row->target, err.text, row->target);
		check_has(row->target, err.text, row->message);
	} else {
		check_text(row->target, err.text, "");
		check_text(row->target, target.scheme->name, row->scheme);
		check_int(row->target, target.endpoints[0].port, row->port);
		check(row->target, target.endpoint_count >= 1);
	}
	probe_unbind(&target, 1);
	target_release(&target);
	env_release(&env);
	unit_log_close(&log);
}

/* "A bare host:5432 is probed as PostgreSQL; tcp:// says only the port." Bad input names the argument. */
static void test_bind(void **state)
{
	static const struct bind_row rows[] = {
		{"db:5432", "postgres", 5432, NULL},
		{"db:5433", "tcp", 5433, NULL},
		{"[::1]:5432", "postgres", 5432, NULL},
		{"tcp://db:5432", "tcp", 5432, NULL},
		{"TCP://db:80", "tcp", 80, NULL},
		{"postgres://db", "postgres", 5432, NULL},
		{"postgresql://db:80/app", "postgres", 80, NULL},
		{"postgres:///app?host=db", "postgres", 5432, NULL},
		{"postgres://a,b:1/app", "postgres", 5432, NULL},
		{"redis://db", "redis", 6379, NULL},
		{"db:6379", "redis", 6379, NULL},
		{"mongodb://me:pw@a,b:1/x?replicaset=r&W=1", "mongodb", 27017, NULL},
		{"db:27017", "mongodb", 27017, NULL},
		{"mongodb://a,b/x?tls=true", NULL, 0, "use waitfor-tls"},
		{"mongodb+srv://a", NULL, 0, "srv+mongodb+tls://_mongodb._tcp.HOST"},
		{"srv+redis://_r._tcp.db/1?role=master", "redis", 0, NULL},
		{"srv+postgres:///?host=_pg._tcp.db", "postgres", 0, NULL},
		{"srv+https://_h._tcp.db/x", NULL, 0, "use waitfor-tls"},
		{"srv+http://_h._tcp.db/x", "http", 0, NULL},
		{"srv+tcp://_x._tcp.db:1", NULL, 0, "a name without a port"},
		{"srv+tcp://10.0.0.1", NULL, 0, "a name without a port"},
		{"srv+mongodb://a,b", NULL, 0, "a name without a port"},
		{"srv+postgres:///?host=/run/pg", NULL, 0, "a name without a port"},
		{"srv+postgres:///?host=_pg._tcp.db&hostaddr=10.0.0.1", NULL, 0, "a name without a port"},
		{"srv+tcp://", NULL, 0, "host is missing"},
		{"srv+pid://1", NULL, 0, "leave out srv+"},
		{"srv+srv+tcp://_x._tcp.db", NULL, 0, "unknown scheme \"srv+tcp\""},
		{"kafka://a,b:1?topic=x.Y_z-0", "kafka", 9092, NULL},
		{"db:9092", "kafka", 9092, NULL},
		{"kafka://a?topic=x/y", NULL, 0, "a name has letters"},
		{"gopher://db:1", NULL, 0, "unknown scheme \"gopher\""},
		{"gopher://db", NULL, 0, "unknown scheme"},
		{"tcp://db", NULL, 0, "port is missing"},
		{"tcp://db", NULL, 0, "tcp://host:port"},
		{"db", NULL, 0, "db:PORT"},
		{"postgres:///app", NULL, 0, "host is missing"},
		{"tcp://", NULL, 0, "host is missing"},
		{"tcp://me@db:1", NULL, 0, "tcp://host:port"},
		{"tcp://db:1/app", NULL, 0, "tcp://host:port"},
		{"tcp://db:1?port=1", NULL, 0, "stay"},
		{"tcp://db:1/?stay=1s", "tcp", 1, NULL},
		{"tcp://a:1,b:2", NULL, 0, "several targets"},
		{"tcp://a:1,b:2?expect=a", NULL, 0, "several targets"},
		{"tcp://db:1?send=a", "tcp", 1, NULL},
		{"tcp://db:1?expect=a&stay=1s", NULL, 0, "stay is for"},
		{"tcp://db:1?expect=(", NULL, 0, "parameter expect: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_bind(&rows[i]);
}

/* A protocol for this test: it does what the row says, and counts its calls. */
struct row_type {
	const char *name;
	enum outcome_kind in_start[2]; /* reported inside start; NONE: nothing */
	enum outcome_kind later[2];    /* reported by a timer */
	enum outcome_kind expire_kind; /* given to probe_expire_as in start; NONE: not called */
	const char *expire_text;
	enum outcome_kind expected;
	const char *detail;
};

struct own_state {
	int zero;
	struct loop_timer timer;
};

struct attempt {
	const struct row_type *row;
	struct unit_loop unit;
	struct target target;
	int starts, stops, dones, stops_before_done;
	struct outcome outcome;
	bool frees;
	bool connected; /* at the end of start */
	struct probe probe;
	struct own_state own;
};

static struct attempt *attempt_of(const struct probe *probe)
{
	return probe->target->plan;
}

static void report(struct probe *probe, const enum outcome_kind *kinds)
{
	for (int i = 0; i < 2 && kinds[i]; i++) {
		struct outcome outcome = outcome_make(kinds[i], "report %d", i);

		probe_finish(probe, &outcome);
	}
}

static void own_on_timer(void *arg)
{
	struct probe *probe = arg;

	report(probe, attempt_of(probe)->row->later);
}

static void own_start(struct probe *probe)
{
	struct attempt *attempt = attempt_of(probe);
	struct own_state *own = probe->state;

	attempt->starts += own->zero == 0;
	own->zero = 1;
	loop_timer_init(probe->loop, &own->timer, own_on_timer, probe);
	if (attempt->row->later[0])
		loop_timer_set(&own->timer, 0);
	if (attempt->row->expire_kind)
		probe_expire_as(probe, attempt->row->expire_kind, attempt->row->expire_text);
	attempt->connected = probe_is_connected(probe);
	report(probe, attempt->row->in_start);
}

static void own_stop(struct probe *probe)
{
	struct own_state *own = probe->state;

	loop_timer_clear(&own->timer);
	attempt_of(probe)->stops++;
}

static const struct protocol own_protocol = {
	.state_size = sizeof(struct own_state),
	.start = own_start,
	.stop = own_stop,
};

static const struct scheme own_scheme = {.name = "own", .protocol = &own_protocol};

static void on_done(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct attempt *attempt = arg;

	attempt->dones++;
	attempt->stops_before_done = attempt->stops;
	attempt->outcome = *outcome;
	if (attempt->frees)
		probe_release(probe);
	loop_stop(attempt->unit.loop);
}

static struct probe *attempt_open(struct attempt *attempt, const struct row_type *row, int64_t limit)
{
	static const struct endpoint endpoint = {.host = (char *)"db", .port = 1};
	const struct address address = loopback_address("127.0.0.1", 1);
	struct probe *probe = &attempt->probe;

	*attempt = (struct attempt){.row = row, .target = {.scheme = &own_scheme, .plan = attempt}};
	unit_loop_open(&attempt->unit);
	probe_init(probe, &attempt->own, attempt->unit.loop, &attempt->target, &endpoint, &address, limit, on_done,
		   attempt);
	check(row->name, probe->address != &address);
	check(row->name, memcmp(probe->address, &address, sizeof(address)) == 0);
	check(row->name, probe->endpoint == &endpoint && probe->target == &attempt->target);
	return probe;
}

static const struct row_type type_rows[] = {
	{"inside start", {OUTCOME_REFUSED}, {0}, 0, NULL, OUTCOME_REFUSED, "report 0"},
	{"the first report wins", {OUTCOME_REFUSED, OUTCOME_READY}, {0}, 0, NULL, OUTCOME_REFUSED, "report 0"},
	{"later", {0}, {OUTCOME_READY}, 0, NULL, OUTCOME_READY, "report 0"},
	{"later, the first wins", {0}, {OUTCOME_CLOSED, OUTCOME_READY}, 0, NULL, OUTCOME_CLOSED, "report 0"},
	{"at start over later", {OUTCOME_READY}, {OUTCOME_CLOSED}, 0, NULL, OUTCOME_READY, "report 0"},
	{"an expiry and a report", {OUTCOME_FULL}, {0}, OUTCOME_SILENT, "thinking", OUTCOME_FULL, "report 0"},
	/* Contract 4: the reason of the deadline is the last that probe_expire_as got. */
	{"the deadline", {0}, {0}, 0, NULL, OUTCOME_CONNECT_TIMEOUT, ""},
	{"the deadline after probe_expire_as", {0}, {0}, OUTCOME_SILENT, NULL, OUTCOME_SILENT, ""},
	{"the deadline after probe_expire_as with a text",
	 {0},
	 {0},
	 OUTCOME_STARTING,
	 "100 % there",
	 OUTCOME_STARTING,
	 "100 % there"},
};

/* Contract 2 and 3: done is called once, on a later turn and after stop; stop is called once. */
static void test_contract(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(type_rows); i++)
		for (int frees = 0; frees < 2; frees++) {
			const struct row_type *row = &type_rows[i];
			bool by_deadline = !row->in_start[0] && !row->later[0];
			struct attempt attempt;
			struct probe *probe = attempt_open(&attempt, row, by_deadline ? CLOCK_MS : 3600 * CLOCK_S);

			attempt.frees = frees;
			check_int(row->name, attempt.starts, 0);
			probe_start(probe);
			check_int("zeroed state", attempt.starts, 1);
			check_int("not inside start", attempt.dones, 0);
			check_int("not inside start", attempt.stops, 0);
			unit_loop_run(&attempt.unit, row->name);
			check_int("after stop", attempt.stops_before_done, 1);
			check_int(row->name, attempt.outcome.kind, row->expected);
			check_text(row->name, attempt.outcome.detail, row->detail);
			check_int(row->name, attempt.connected, row->expire_kind != OUTCOME_NONE);
			unit_loop_settle(&attempt.unit);
			if (!frees)
				probe_release(probe);
			check_int("stopped once", attempt.stops, 1);
			check_int("delivered once", attempt.dones, 1);
			unit_loop_close(&attempt.unit);
		}
}

/* probe_release instead of a report: stop is called nevertheless, and done is not. */
static void test_free_instead(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(type_rows); i++) {
		struct attempt attempt;
		struct probe *probe = attempt_open(&attempt, &type_rows[i], 0);

		probe_start(probe);
		probe_release(probe);
		check_int(type_rows[i].name, attempt.stops, 1);
		unit_loop_settle(&attempt.unit);
		check_int(type_rows[i].name, attempt.dones, 0);
		unit_loop_close(&attempt.unit);
	}
}

/* Before probe_start there is nothing to stop. */
static void test_free_before_start(void **state)
{
	struct attempt attempt;
	struct probe *probe = attempt_open(&attempt, &type_rows[0], 3600 * CLOCK_S);

	(void)state;
	probe_release(probe);
	unit_loop_settle(&attempt.unit);
	check_int("free", attempt.starts + attempt.stops + attempt.dones, 0);
	unit_loop_close(&attempt.unit);
}

/* One wait's attempts of one protocol share memory. Neither another protocol's nor another wait's do. */
static void test_shared_memory(void **state)
{
	static const struct protocol protocols[2] = {{.state_size = 1}, {.state_size = 2}};
	struct probe_shared *lists[2] = {NULL, NULL};
	struct probe first = {.protocol = &protocols[0], .shared = &lists[0]}, second = first;
	struct probe other = {.protocol = &protocols[1], .shared = &lists[0]};
	struct probe elsewhere = {.protocol = &protocols[0], .shared = &lists[1]};
	int64_t *memory = probe_share(&first, 8 * sizeof(*memory));

	(void)state;
	for (int i = 0; i < 8; i++)
		check_int("zeroed", memory[i], 0);
	memory[7] = 5;
	check("the same protocol", probe_share(&second, 8 * sizeof(*memory)) == memory);
	check("another protocol", probe_share(&other, 8 * sizeof(*memory)) != memory);
	check("another wait", probe_share(&elsewhere, 8 * sizeof(*memory)) != memory);
	check("still there", probe_share(&first, 8 * sizeof(*memory)) == memory && memory[7] == 5);
	probe_free_shared(&lists[0]);
	probe_free_shared(&lists[1]);
	probe_free_shared(&lists[1]);
	check("empty", !lists[0] && !lists[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),          cmocka_unit_test(test_contract),
		cmocka_unit_test(test_free_instead),  cmocka_unit_test(test_free_before_start),
		cmocka_unit_test(test_shared_memory),
	};

	return unit_main(tests);
}
