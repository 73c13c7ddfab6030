#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "loopback.h"
#include "target/scheme.h"

struct target_row {
	const char *name;
	const char *target; /* an R stands for a port that refuses, an L for one that listens and says nothing */
	const char *fallback;
	enum outcome_kind kind;
	int endpoint; /* index of the expected one; -1: none */
	const char *address;
};

static void check_target(const struct target_row *row, uint16_t refusing, uint16_t listening)
{
	char *text = loopback_text(row->target, refusing, listening);
	struct attempting attempting;

	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting.target.endpoints[0].fallback = alloc_text(row->fallback);
	for (int i = 0; i < 2; i++) { /* the second attempt knows the outcome of the first */
		attempting_run(&attempting, ATTEMPTING_LIMIT, row->name);
		check_int(row->name, attempting.outcome.kind, row->kind);
		check_text(row->name, attempting.place.host, attempting.target.endpoints[row->endpoint].host);
		check_int(row->name, attempting.place.port, attempting.target.endpoints[row->endpoint].port);
		check_text(row->name, attempting.place.address, row->address);
		check_int(row->name, attempting.place.from_variable, row->fallback != NULL);
	}
	attempting_close(&attempting);
	free(text);
}

static void test_targets(void **state)
{
	static const struct target_row rows[] = {
		{"ready", "tcp://127.0.0.1:L", NULL, OUTCOME_READY, 0, "127.0.0.1"},
		{"refused", "tcp://127.0.0.1:R", NULL, OUTCOME_REFUSED, 0, "127.0.0.1"},
		{"no such name", "tcp://db.onion:1", NULL, OUTCOME_NO_NAME, 0, ""},
		{"only a variable has the address", "tcp://db.onion:L", "127.0.0.1", OUTCOME_READY, 0, "127.0.0.1"},
		{"the variable is stale", "tcp://db.onion:R", "127.0.0.1", OUTCOME_REFUSED, 0, "127.0.0.1"},
		/* ::1 comes first, and nobody listens there. */
		{"the second address", "tcp://peer.localhost:L", NULL, OUTCOME_READY, 0, "127.0.0.1"},
		{"a PostgreSQL nobody is at", "postgres://me@127.0.0.1:R", NULL, OUTCOME_REFUSED, 0, "127.0.0.1"},
		{"two endpoints, both refuse", "postgres://me@127.0.0.1:R,127.0.0.2:R", NULL, OUTCOME_REFUSED, 0,
		 "127.0.0.1"},
		{"one without a name", "postgres://me@db.onion:R,127.0.0.1:R", NULL, OUTCOME_REFUSED, 1, "127.0.0.1"},
		{"two without a name", "postgres://me@db.onion,web.onion", NULL, OUTCOME_NO_NAME, 0, ""},
	};
	uint16_t refusing = 0, listening = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing), listener = loopback_listen("127.0.0.1", &listening);
	int deaf_too = loopback_bind("127.0.0.2", &refusing);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_target(&rows[i], refusing, listening);
	close(deaf);
	close(deaf_too);
	close(listener);
}

struct several_row {
	const char *target; /* an R stands for a port that refuses, an L for one that listens and says nothing */
	bool v6;            /* one of the addresses is ::1 */
	enum outcome_kind kind;
	const char *all; /* every address that had the outcome */
};

/* "place ... counts the other addresses where the same was." */
static void test_the_same_at_several_addresses(void **state)
{
	static const struct several_row rows[] = {
		{"tcp://peer.localhost:R", true, OUTCOME_REFUSED, "[::1]:R and 127.0.0.1:R"},
		{"postgres://me@127.0.0.1:R,127.0.0.2:R", false, OUTCOME_REFUSED, "127.0.0.1:R and 127.0.0.2:R"},
		{"postgres://me@127.0.0.1:R,127.0.0.2:R,127.0.0.3:R", false, OUTCOME_REFUSED, "127.0.0.1:R and 2 more"},
		/* Two hosts at one address. */
		{"postgres://me@127.0.0.1:R,db.localhost:R", true, OUTCOME_REFUSED, "127.0.0.1:R and [::1]:R"},
		/* What is worse does not count, before or after it. */
		{"postgres://me@127.0.0.2:R,127.0.0.1:L,127.0.0.3:R", false, OUTCOME_SILENT, "127.0.0.1:L"},
		{"postgres://me@127.0.0.1:R,db.onion:R", false, OUTCOME_REFUSED, "127.0.0.1:R"},
	};
	uint16_t refusing = 0, listening = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing), listener = loopback_listen("127.0.0.1", &listening);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = loopback_text(rows[i].target, refusing, listening), place[PLACE_ALL_MAX];
		char *all = loopback_text(rows[i].all, refusing, listening);
		struct attempting attempting;

		attempting_open(&attempting);
		attempting_bind(&attempting, text);
		for (int round = 0; round < 2 && (!rows[i].v6 || loopback_has_v6()); round++) {
			attempting_run(&attempting, 100 * CLOCK_MS, rows[i].target);
			check_int(rows[i].target, attempting.outcome.kind, rows[i].kind);
			place_all_text(&attempting.place, place, sizeof(place));
			check_text(rows[i].target, place, all);
		}
		attempting_close(&attempting);
		free(all);
		free(text);
	}
	close(deaf);
	close(listener);
}

struct limit_row {
	const char *name, *target;
	enum outcome_kind kind;
};

/* "Ends within limit, look-up included." L listens and says nothing, R hangs. */
static void test_limit(void **state)
{
	static const struct limit_row rows[] = {
		{"no connection", "tcp://127.0.0.1:R", OUTCOME_CONNECT_TIMEOUT},
		{"no reply", "postgres://me@127.0.0.1:L", OUTCOME_SILENT},
	};
	uint16_t full = 0, listening = 0;
	int filler, hanging = loopback_listen_full("127.0.0.1", &full, &filler);
	int listener = loopback_listen("127.0.0.1", &listening);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = loopback_text(rows[i].target, full, listening);
		struct attempting attempting;

		attempting_open(&attempting);
		attempting_bind(&attempting, text);
		attempting_run(&attempting, 50 * CLOCK_MS, rows[i].name);
		check_int(rows[i].name, attempting.outcome.kind, rows[i].kind);
		check_text(rows[i].name, attempting.place.address, "127.0.0.1");
		check(rows[i].name, attempting.took >= 50 * CLOCK_MS);
		attempting_run(&attempting, 0, rows[i].name); /* no time at all is an attempt too */
		attempting_close(&attempting);
		free(text);
	}
	close(filler);
	close(hanging);
	close(listener);
}

/* done "may start the next". */
static void test_again_from_done(void **state)
{
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);
	struct attempting attempting;
	char *text = loopback_text("tcp://127.0.0.1:R", port, 0);

	(void)state;
	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting.restarts = 5;
	attempting_start(&attempting, ATTEMPTING_LIMIT);
	unit_loop_run(&attempting.unit, "again");
	check_int("each is told", attempting.dones, 6);
	attempting_close(&attempting);
	free(text);
	close(fd);
}

/* An attempt that is freed while it runs does not call done and leaves nothing behind. */
static void test_free_while_running(void **state)
{
	static const char *const targets[] = {"tcp://127.0.0.1:L", "tcp://127.0.0.1:R", "tcp://peer.localhost:L",
					      "tcp://db.onion:1", "postgres://me@127.0.0.1:L"};
	uint16_t refusing = 0, listening = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing), listener = loopback_listen("127.0.0.1", &listening);

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		char *text = loopback_text(targets[i], refusing, listening);
		struct attempting attempting;

		attempting_open(&attempting);
		attempting_bind(&attempting, text);
		attempting_start(&attempting, ATTEMPTING_LIMIT);
		if (i == COUNT(targets) - 1)
			unit_loop_settle(&attempting.unit); /* connected, and silent */
		attempting_close(&attempting);
		check_int(targets[i], attempting.dones, 0);
		free(text);
	}
	attempt_free(NULL);
	close(deaf);
	close(listener);
}

/* A scheme of this test whose targets have no endpoints. Its probe ends at once, later, or never. */
enum own_end { AT_ONCE, LATER, NEVER };

static enum own_end own_end;

struct own_state {
	struct loop_timer timer;
};

static void own_finish(void *arg)
{
	const struct outcome outcome = outcome_make(OUTCOME_STARTING, "nowhere");

	probe_finish(arg, &outcome);
}

static void own_start(struct probe *probe)
{
	struct own_state *own = probe->state;

	check("nowhere", !probe->endpoint && !probe->address);
	loop_timer_init(probe->loop, &own->timer, own_finish, probe);
	if (own_end == AT_ONCE)
		own_finish(probe);
	else if (own_end == LATER)
		loop_timer_set(&own->timer, 300 * CLOCK_MS); /* longer than the delay before another address */
}

static void own_stop(struct probe *probe)
{
	struct own_state *own = probe->state;

	loop_timer_clear(&own->timer);
}

static const struct protocol own_protocol = {.state_size = sizeof(struct own_state),
					     .start = own_start,
					     .stop = own_stop};
static const struct scheme own_scheme =
	{.name = "own", .summary = "", .example = "own:", .needs = SCHEME_NEEDS_NOTHING, .protocol = &own_protocol};

struct nowhere_row {
	const char *name;
	enum own_end end;
	int64_t limit;
	enum outcome_kind kind;
};

/* REVIEW 10: "A target without endpoints crashes exports.c and hangs attempt.c." */
static void test_without_endpoints(void **state)
{
	static const struct nowhere_row rows[] = {
		{"at once", AT_ONCE, ATTEMPTING_LIMIT, OUTCOME_STARTING},
		{"later", LATER, ATTEMPTING_LIMIT, OUTCOME_STARTING},
		{"never", NEVER, 300 * CLOCK_MS, OUTCOME_CONNECT_TIMEOUT},
		{"no time at all", NEVER, 0, OUTCOME_CONNECT_TIMEOUT},
	};
	const struct target target = {.scheme = &own_scheme};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct attempting attempting;

		own_end = rows[i].end;
		attempting_open(&attempting);
		attempting_use(&attempting, &target);
		for (int j = 0; j < 2; j++) {
			attempting_run(&attempting, rows[i].limit, rows[i].name);
			check_int(rows[i].name, attempting.outcome.kind, rows[i].kind);
			check_text(rows[i].name, attempting.place.host, "");
			check_text(rows[i].name, attempting.place.address, "");
			check_int(rows[i].name, (long long)attempting.session.sockets, 0);
		}
		attempting_start(&attempting, ATTEMPTING_LIMIT);
		attempt_stop(attempting.attempt);
		attempting_start(&attempting, ATTEMPTING_LIMIT);
		attempting_close(&attempting);
	}
}

/* The time of the wait is up. A target without endpoints has no place. */
static void test_expire(void **state)
{
	static const struct {
		const char *target;
		enum outcome_kind kind;
	} rows[] = {
		{"exec:///bin/sleep?arg=100", OUTCOME_UNMET},
		{"file:///nonexistent", OUTCOME_NO_FILE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct attempting attempting;

		attempting_open(&attempting);
		attempting_bind(&attempting, rows[i].target);
		attempting_start(&attempting, ATTEMPTING_LIMIT);
		attempt_expire(attempting.attempt);
		check_int(rows[i].target, attempting.dones, 1);
		check_int(rows[i].target, attempting.outcome.kind, rows[i].kind);
		check_text(rows[i].target, attempting.place.host, "");
		attempting_close(&attempting);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_the_same_at_several_addresses),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_again_from_done),
		cmocka_unit_test(test_free_while_running),
		cmocka_unit_test(test_without_endpoints),
		cmocka_unit_test(test_expire),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
