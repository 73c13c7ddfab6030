#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "app/exports.h"
#include "base/alloc.h"

enum { TARGETS = 4, ENTRIES = 8 };

static const struct env no_env;

/* What the protocol's bind does with "unix:///run/x". */
static void bind_path(struct target *target)
{
	if (!target->scheme_name || strcmp(target->scheme_name, "unix") != 0)
		return;
	target->endpoints = alloc_zero(1, sizeof(*target->endpoints));
	target->endpoints[0].host = alloc_text(target->tail);
	target->endpoint_count = 1;
}

/* A plan of parsed targets, in the state after probe_bind. */
static void plan_open(struct plan *plan, const char *const *texts)
{
	*plan = (struct plan){0};
	plan->targets = calloc(TARGETS, sizeof(*plan->targets));
	for (; texts[plan->target_count]; plan->target_count++) {
		struct error err = {0};

		if (target_parse(&plan->targets[plan->target_count], texts[plan->target_count], &err))
			fail_msg("%s", err.text);
		bind_path(&plan->targets[plan->target_count]);
	}
}

struct assign_row {
	const char *name;
	const char *targets[TARGETS];
	bool no_export, any;
	const char *exports;          /* one digit for each target: does it export? NULL: it is an error */
	const char *message, *second; /* of the error or the warning; NULL: none */
};

/*
 * "One host on two ports: the first target owns NAME_PORT, and a warning says how to name the other.
 * Two targets exporting the same NAME with different hosts" are an error (issue 3).
 */
static void test_assign(void **state)
{
	static const struct assign_row rows[] = {
		{"one", {"db:1"}, false, false, "1", NULL, NULL},
		{"two hosts", {"db:1", "web:1"}, false, false, "11", NULL, NULL},
		{"one host, two ports",
		 {"db:1", "db:8080"},
		 false,
		 false,
		 "10",
		 "db:8080: DB_PORT is the port of db:1",
		 "=db:8080"},
		{"the same twice", {"db:1", "db:1"}, false, false, "10", NULL, NULL},
		{"the same in other letters", {"db:1", "DB:1"}, false, false, "10", NULL, NULL},
		{"three ports", {"db:1", "db:2", "db:3"}, false, false, "100", "db:3", "=db:3"},
		{"a named one is another", {"db:1", "api=db:2"}, false, false, "11", NULL, NULL},
		{"two addresses export nothing", {"10.0.0.1:1", "10.0.0.2:1"}, false, false, "11", NULL, NULL},
		{"two hosts of one first label", {"db.a:1", "db.b:2"}, false, false, NULL, "DB_HOST", "=db.b:2"},
		{"two hosts of one name", {"x=db:1", "x=web:2"}, false, false, NULL, "X_HOST", "=web:2"},
		{"two addresses of one name",
		 {"x=10.0.0.1:1", "x=10.0.0.2:1"},
		 false,
		 false,
		 NULL,
		 "X_HOST",
		 "=10.0.0.2:1"},
		{"names in other letters", {"x=db:1", "X=web:2"}, false, false, NULL, "X_HOST", "=web:2"},
		{"a derived and a given name",
		 {"db:1", "db=web:2"},
		 false,
		 false,
		 NULL,
		 "\"db:1\" and \"db=web:2\"",
		 "DB_HOST"},
		{"a third of another host",
		 {"db.a:1", "db.a:2", "db.b:3"},
		 false,
		 false,
		 NULL,
		 "\"db.a:1\" and \"db.b:3\"",
		 NULL},
		{"alternatives of one name", {"x=db:1", "x=web:2"}, false, true, "10", NULL, NULL},
		{"alternatives on one host", {"x=db:1", "x=db:2"}, false, true, "10", NULL, NULL},
		{"alternatives on one host without a name", {"db:1", "db:2"}, false, true, "10", NULL, NULL},
		{"alternatives whose names were not given",
		 {"db.a:1", "db.b:2"},
		 false,
		 true,
		 NULL,
		 "DB_HOST",
		 "=db.b:2, or both DB to export whichever is ready"},
		{"alternatives of which one was named",
		 {"x.a:1", "x=b:2"},
		 false,
		 true,
		 NULL,
		 "X_HOST",
		 "=b:2, or both X to export whichever is ready"},
		{"nothing to assign", {"db.a:1", "db.b:2"}, true, false, "11", NULL, NULL},
		/* Where host and port are no target, it is named as it was written. */
		{"two addresses of IPv6",
		 {"x=[::1]:1", "x=tcp://[::2]:2"},
		 false,
		 false,
		 NULL,
		 "X_HOST",
		 "=tcp://[::2]:2"},
		{"two sockets of one name", {"x=unix:///a", "x=unix:///b"}, false, false, NULL, "X_HOST", "=unix:///b"},
		{"paths in other letters", {"x=unix:///a", "x=unix:///A"}, false, false, NULL, "X_HOST", "=unix:///A"},
		{"a socket and a host", {"x=unix:///a", "x=db:1"}, false, false, NULL, "X_HOST", "=db:1"},
		{"a host and a socket", {"x=db:1", "x=unix:///a"}, false, false, NULL, "X_HOST", "=unix:///a"},
		{"one socket twice", {"x=unix:///a", "x=unix:///a"}, false, false, "10", NULL, NULL},
		{"a socket and a host are alternatives", {"x=unix:///a", "x=db:1"}, false, true, "10", NULL, NULL},
		{"sockets without a name", {"unix:///a", "unix:///b"}, false, false, "11", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct assign_row *row = &rows[i];
		struct plan plan;
		struct error err = {0};
		struct unit_log log;
		const char *said;

		unit_log_open(&log);
		plan_open(&plan, row->targets);
		plan.no_export = row->no_export;
		plan_add_group(&plan, 0, row->any);
		check_int(row->name, exports_assign(&plan, &no_env, true, &log.log, &err), row->exports ? 0 : -1);
		for (size_t j = 0; row->exports && j < plan.target_count; j++)
			check_int(row->name, plan.targets[j].exports, row->exports[j] - '0');
		said = row->exports ? unit_log_text(&log) : err.text;
		if (row->message)
			check_has(row->name, said, row->message);
		else
			check_text(row->name, said, "");
		if (row->second)
			check_has(row->name, said, row->second);
		plan_release(&plan);
		unit_log_close(&log);
	}
}

struct apply_row {
	const char *name, *target;
	enum outcome_kind kind;
	const char *address;
	bool from_variable, pin, no_export, second_endpoint;
	const char *before[ENTRIES], *after[ENTRIES];
};

static void check_apply(const struct apply_row *row)
{
	const char *const texts[] = {row->target, NULL};
	struct progress progress = {.outcome = {.kind = row->kind}};
	struct exports exports;
	struct plan plan;
	struct error err = {0};
	struct log log;
	struct env env;
	size_t count = 0;

	log_init(&log, -1);

	plan_open(&plan, texts);
	plan.pin = row->pin;
	plan.no_export = row->no_export;
	progress.target = plan.targets;
	progress.place = place_of(&plan.targets[0].endpoints[row->second_endpoint]);
	progress.place.from_variable = row->from_variable;
	snprintf(progress.place.address, sizeof(progress.place.address), "%s", row->address);
	env_copy(&env, (char *const *)row->before);
	check_int(row->name, exports_assign(&plan, &env, true, &log, &err), 0);
	exports_collect(&exports, &plan, &progress);
	exports_apply(&exports, &env);
	exports_release(&exports);
	for (; row->after[count]; count++)
		check_text(row->name, env.list[count], row->after[count]);
	check_int(row->name, (long long)env.count, (long long)count);
	env_release(&env);
	plan_release(&plan);
}

/*
 * Issue 3, "Exports": HOST as given, PORT in digits where a link's tcp:// was, ADDR that answered; in place, all else
 * unchanged.
 */
static void test_apply(void **state)
{
	static const struct apply_row rows[] = {
		{"a name",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"A=1"},
		 {"A=1", "DB_HOST=db", "DB_PORT=5432", "DB_ADDR=10.0.0.2"}},
		{"the name as given",
		 "Db.Local:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {NULL},
		 {"DB_HOST=Db.Local", "DB_PORT=5432", "DB_ADDR=10.0.0.2"}},
		{"--pin",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 true,
		 false,
		 false,
		 {NULL},
		 {"DB_HOST=10.0.0.2", "DB_PORT=5432", "DB_ADDR=10.0.0.2"}},
		{"only a variable knew the peer",
		 "db:5432",
		 OUTCOME_READY,
		 "172.17.0.2",
		 true,
		 false,
		 false,
		 false,
		 {NULL},
		 {"DB_HOST=172.17.0.2", "DB_PORT=5432", "DB_ADDR=172.17.0.2"}},
		{"a link's tcp:// gives way to digits, in place",
		 "db:5432",
		 OUTCOME_READY,
		 "172.17.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"DB_PORT=tcp://172.17.0.2:5432", "A=1", "DB_NAME=/app/db"},
		 {"DB_PORT=5432", "A=1", "DB_NAME=/app/db", "DB_HOST=db", "DB_ADDR=172.17.0.2"}},
		/* FIELD 8: DOCKER_HOST=tcp://docker:2375 and SERVER_PORT=9000 are the app's own. */
		{"what the user set stays",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"DB_HOST=tcp://db:1", "DB_ADDR=old"},
		 {"DB_HOST=tcp://db:1", "DB_ADDR=old", "DB_PORT=5432"}},
		{"a name that was given replaces it",
		 "db=db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"DB_HOST=old", "DB_ADDR=old"},
		 {"DB_HOST=db", "DB_ADDR=10.0.0.2", "DB_PORT=5432"}},
		{"--pin replaces it",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 true,
		 false,
		 false,
		 {"DB_HOST=old", "DB_PORT=1"},
		 {"DB_HOST=10.0.0.2", "DB_PORT=5432", "DB_ADDR=10.0.0.2"}},
		{"an empty one counts as unset",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"DB_HOST=", "DB_PORT="},
		 {"DB_HOST=db", "DB_PORT=5432", "DB_ADDR=10.0.0.2"}},
		{"one of two entries is the user's",
		 "db:5432",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"DB_PORT=tcp://172.17.0.2:5432", "DB_PORT=9000"},
		 {"DB_PORT=tcp://172.17.0.2:5432", "DB_PORT=9000", "DB_HOST=db", "DB_ADDR=10.0.0.2"}},
		{"a named address",
		 "x=[::1]:80",
		 OUTCOME_READY,
		 "::1",
		 false,
		 false,
		 false,
		 false,
		 {NULL},
		 {"X_HOST=::1", "X_PORT=80", "X_ADDR=::1"}},
		{"a named socket has no port",
		 "x=unix:///run/x",
		 OUTCOME_READY,
		 "/run/x",
		 false,
		 true,
		 false,
		 false,
		 {"X_PORT=tcp://172.17.0.2:80"},
		 {"X_PORT=tcp://172.17.0.2:80", "X_HOST=/run/x", "X_ADDR=/run/x"}},
		{"a named socket that is not ready",
		 "x=unix:///run/x",
		 OUTCOME_NO_FILE,
		 "/run/x",
		 false,
		 false,
		 false,
		 false,
		 {NULL},
		 {"X_HOST=/run/x"}},
		{"a socket without a name",
		 "unix:///run/x",
		 OUTCOME_READY,
		 "/run/x",
		 false,
		 false,
		 false,
		 false,
		 {"A=1"},
		 {"A=1"}},
		{"an address exports nothing",
		 "10.0.0.2:80",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 false,
		 {"A=1"},
		 {"A=1"}},
		{"--no-export", "db:80", OUTCOME_READY, "10.0.0.2", false, false, true, false, {"A=1"}, {"A=1"}},
		{"the endpoint that answered",
		 "postgres://a:1,b:2/x",
		 OUTCOME_READY,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 true,
		 {NULL},
		 {"A_HOST=b", "A_PORT=2", "A_ADDR=10.0.0.2"}},
		/* --run-anyway: host and port as given, and no address, because none answered. */
		{"not ready",
		 "db:5432",
		 OUTCOME_REFUSED,
		 "10.0.0.2",
		 false,
		 true,
		 false,
		 false,
		 {NULL},
		 {"DB_HOST=db", "DB_PORT=5432"}},
		/* Its host does not resolve. */
		{"not ready, and only a variable knew it",
		 "db:5432",
		 OUTCOME_REFUSED,
		 "10.0.0.2",
		 true,
		 false,
		 false,
		 false,
		 {NULL},
		 {"DB_HOST=10.0.0.2", "DB_PORT=5432"}},
		{"not ready, the first endpoint",
		 "postgres://a:1,b:2/x",
		 OUTCOME_REFUSED,
		 "10.0.0.2",
		 false,
		 false,
		 false,
		 true,
		 {NULL},
		 {"A_HOST=a", "A_PORT=1"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_apply(&rows[i]);
}

struct keep_row {
	const char *name, *targets[TARGETS], *found[ENTRIES];
	bool pin, no_export, unused;
	const char *said; /* "" : nothing */
};

/* FIELD 8 and 18, NEWCOMER 8: what is not exported is said, but only if something gets the variables. */
static void test_says_what_it_does_not_export(void **state)
{
	static const char kept[] = "waitfor: docker:2375: leaving DOCKER_HOST as set in the environment; to export, "
				   "write DOCKER= before the target\n";
	static const char digit[] = "waitfor: 3proxy:1: exporting nothing, because no variable can begin with a digit; "
				    "to export it, write NAME= before the target\n";
	static const struct keep_row rows[] = {
		{.name = "kept", {"docker:2375"}, {"DOCKER_HOST=tcp://docker:2375"}, .said = kept},
		{.name = "two of them",
		 {"server:80"},
		 {"SERVER_PORT=9000", "SERVER_ADDR=:80"},
		 .said = "waitfor: server:80: leaving SERVER_PORT and SERVER_ADDR as set in the environment; to "
			 "export, write SERVER= before the target\n"},
		{.name = "the same value", {"db:1"}, {"DB_HOST=db", "DB_PORT=1"}, .said = ""},
		{.name = "a link's", {"db:1"}, {"DB_PORT=udp://[fd00::2]:1"}, .said = ""},
		{.name = "a service's",
		 {"db-service:1"},
		 {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=2"},
		 .said = ""},
		{.name = "named", {"docker=docker:2375"}, {"DOCKER_HOST=tcp://docker:2375"}, .said = ""},
		{.name = "--pin", {"docker:2375"}, {"DOCKER_HOST=tcp://docker:2375"}, .pin = true, .said = ""},
		{.name = "--no-export", {"docker:2375"}, {"DOCKER_HOST=x"}, .no_export = true, .said = ""},
		{.name = "no command", {"docker:2375"}, {"DOCKER_HOST=x"}, .unused = true, .said = ""},
		{.name = "once for one name", {"docker:2375", "docker:2375"}, {"DOCKER_HOST=x"}, .said = kept},
		{.name = "two clusters, no command", {"pg.a:1", "pg.b:1"}, {NULL}, .unused = true, .said = ""},
		{.name = "two ports, no command", {"localhost:1", "localhost:2"}, {NULL}, .unused = true, .said = ""},
		{.name = "digits", {"3proxy:1", "3proxy:2", "4x:1"}, {NULL}, .said = digit},
		{.name = "digits, no command", {"3proxy:1"}, {NULL}, .unused = true, .said = ""},
		{.name = "digits, --no-export", {"3proxy:1"}, {NULL}, .no_export = true, .said = ""},
		{.name = "digits and a name", {"proxy=3proxy:1"}, {NULL}, .said = ""},
		{.name = "an address", {"10.0.0.2:1", "[::1]:1", "unix:///1"}, {NULL}, .said = ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan plan;
		struct error err = {0};
		struct unit_log log;
		struct env env;

		unit_log_open(&log);
		env_copy(&env, (char *const *)rows[i].found);
		plan_open(&plan, rows[i].targets);
		plan.pin = rows[i].pin;
		plan.no_export = rows[i].no_export;
		plan_add_group(&plan, 0, false);
		check_int(rows[i].name, exports_assign(&plan, &env, !rows[i].unused, &log.log, &err), 0);
		check_text(rows[i].name, unit_log_text(&log), rows[i].said);
		plan_release(&plan);
		env_release(&env);
		unit_log_close(&log);
	}
}

/* Each target has its own progress. A target whose name an earlier target owns sets nothing. */
static void test_apply_to_several(void **state)
{
	static const char *const texts[] = {"db:1", "db:2", "web:3", NULL};
	static const char *const expected[] = {"DB_HOST=db",   "DB_PORT=1",  "DB_ADDR=10.0.0.0",
					       "WEB_HOST=web", "WEB_PORT=3", "WEB_ADDR=10.0.0.2"};
	struct progress progress[3] = {0};
	struct exports exports;
	struct plan plan;
	struct env env;

	(void)state;
	plan_open(&plan, texts);
	plan.targets[1].exports = false;
	for (int i = 0; i < 3; i++) {
		progress[i].target = &plan.targets[i];
		progress[i].outcome.kind = OUTCOME_READY;
		progress[i].place = place_of(plan.targets[i].endpoints);
		snprintf(progress[i].place.address, sizeof(progress[i].place.address), "10.0.0.%d", i);
	}
	env_copy(&env, NULL);
	exports_collect(&exports, &plan, progress);
	exports_apply(&exports, &env);
	exports_release(&exports);
	check_int("several", (long long)env.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		check_text("several", env.list[i], expected[i]);
	env_release(&env);
	plan_release(&plan);
}

struct source_row {
	const char *name;
	const char *replicas; /* of each: d(one), r(eady, but not often enough), - (not ready) */
	const char *host;
};

/* Of three replicas with one name, the one that is done is exported, else one that is ready, else the first. */
static void test_source(void **state)
{
	static const char *const texts[] = {"r=db1:1", "r=db2:2", "r=db3:3", NULL};
	static const struct source_row rows[] = {
		{"the first", "d--", "R_HOST=db1"},
		{"the second", "-d-", "R_HOST=db2"},
		{"two of them", "-dd", "R_HOST=db2"},
		{"one in a row of successes, and one behind it", "r-d", "R_HOST=db3"},
		{"in a row of successes", "-r-", "R_HOST=db2"},
		{"none", "---", "R_HOST=db1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct progress progress[3] = {0};
		struct exports exports;
		struct plan plan;
		struct error err = {0};
		struct log log;

		log_init(&log, -1);
		plan_open(&plan, texts);
		plan_add_group(&plan, 0, true);
		check_int(rows[i].name, exports_assign(&plan, &no_env, true, &log, &err), 0);
		for (int j = 0; j < 3; j++) {
			progress[j].target = &plan.targets[j];
			progress[j].outcome.kind = rows[i].replicas[j] == '-' ? OUTCOME_REFUSED : OUTCOME_READY;
			progress[j].state = rows[i].replicas[j] == 'd' ? PROGRESS_DONE : PROGRESS_PAUSED;
			progress[j].place = place_of(plan.targets[j].endpoints);
		}
		exports_collect(&exports, &plan, progress);
		check_int(rows[i].name, (long long)exports.count, strcmp(rows[i].replicas, "---") == 0 ? 2 : 3);
		check_text(rows[i].name, exports.list[0].name, "R_HOST");
		check_text(rows[i].name, exports.list[0].value, rows[i].host + strlen("R_HOST="));
		exports_release(&exports);
		plan_release(&plan);
	}
}

struct sharing_row {
	const char *name, *targets[TARGETS];
	bool any;
	size_t group; /* of all but the first: 0, 1 (any), 2 (any in 1) or 3 (all in 1) */
	/* One digit for each target. owns: does it own its name? NULL: an error. may_set: may it set variables? */
	const char *owns, *may_set;
};

static void check_sharing(const struct sharing_row *row)
{
	struct plan plan;
	struct error err = {0};
	struct log log;

	log_init(&log, -1);
	plan_open(&plan, row->targets);
	plan_add_group(&plan, 0, row->any);
	plan_add_group(&plan, 0, true);
	plan_add_group(&plan, 1, true);
	plan_add_group(&plan, 1, false);
	for (size_t i = 1; i < plan.target_count; i++)
		plan.targets[i].group = row->group;
	plan.targets[0].group = row->group ? 1 : 0;
	check_int(row->name, exports_assign(&plan, &no_env, true, &log, &err), row->owns ? 0 : -1);
	for (size_t i = 0; row->owns && i < plan.target_count; i++) {
		check_int(row->name, plan.targets[i].exports, row->owns[i] - '0');
		check_int(row->name, exports_may_set(&plan, i), row->may_set[i] - '0');
	}
	plan_release(&plan);
}

/* Who may set variables, in groups within groups. */
static void test_sharing(void **state)
{
	static const struct sharing_row rows[] = {
		{"one group", {"r=a:1", "r=b:2", "r=c:3"}, false, 1, "100", "111"},
		{"an any in an any", {"r=a:1", "r=b:2", "r=c:3"}, false, 2, "100", "111"},
		{"an all in an any", {"r=a:1", "r=b:2"}, false, 3, NULL, NULL},
		{"an all in an any, one named apart", {"r=a:1", "o=b:2"}, false, 3, "11", "11"},
		{"all of them", {"r=a:1", "r=b:2"}, false, 0, NULL, NULL},
		{"one host, in all of them", {"r=a:1", "r=a:2"}, false, 0, "10", "10"},
		{"--any", {"r=a:1", "r=b:2"}, true, 0, "10", "11"},
		{"--any, one host on two ports", {"a:1", "a:2"}, true, 0, "10", "11"},
		{"addresses without a name", {"10.0.0.1:1", "10.0.0.2:2"}, true, 0, "11", "00"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_sharing(&rows[i]);
}

/* The error about a target of a file has its place. */
static void test_error_in_a_file(void **state)
{
	static const char *const texts[] = {"r=a:1", "r=b:2", NULL};
	struct plan plan;
	struct error err = {0};
	struct log log;

	(void)state;
	log_init(&log, -1);
	plan_open(&plan, texts);
	plan.targets[1].origin = strdup("wait.json:3:20");
	check_int("file", exports_assign(&plan, &no_env, true, &log, &err), -1);
	check_text("file", err.text,
		   "wait.json:3:20: targets \"r=a:1\" and \"r=b:2\" would both export R_HOST; name one of them, such "
		   "as OTHER=b:2");
	plan_release(&plan);
}

/* The app gets the port that is ready, as another would be of no use. */
static void test_one_host_two_ports_of_which_one_is_enough(void **state)
{
	static const char *const texts[] = {"db:1", "db:2", NULL};
	struct progress progress[2] = {0};
	struct exports exports;
	struct plan plan;
	struct error err = {0};
	struct log log;

	(void)state;
	log_init(&log, -1);
	plan_open(&plan, texts);
	plan_add_group(&plan, 0, true);
	check_int("ports", exports_assign(&plan, &no_env, true, &log, &err), 0);
	for (int i = 0; i < 2; i++) {
		progress[i].target = &plan.targets[i];
		progress[i].outcome.kind = i ? OUTCOME_READY : OUTCOME_REFUSED;
		progress[i].place = place_of(plan.targets[i].endpoints);
	}
	exports_collect(&exports, &plan, progress);
	check_int("ports", (long long)exports.count, 3);
	check_text("ports", exports.list[1].name, "DB_PORT");
	check_text("ports", exports.list[1].value, "2");
	exports_release(&exports);
	plan_release(&plan);
}

/*
 * REVIEW 10: "A target without endpoints crashes exports.c and hangs attempt.c." It sets no variables, so it conflicts with
 * no other target of its name and does not take the name from one.
 */
static void test_without_endpoints(void **state)
{
	static const char *const names[] = {"x=own://", "x=own://", "x=db:1", "own://", NULL};
	struct progress progress[4] = {0};
	struct exports exports;
	struct plan plan;
	struct error err = {0};
	struct unit_log log;

	(void)state;
	for (int any = 0; any < 2; any++) {
		unit_log_open(&log);
		plan_open(&plan, names);
		plan_add_group(&plan, 0, any);
		check_int("none", exports_assign(&plan, &no_env, true, &log.log, &err), 0);
		check_text("none", unit_log_text(&log), "");
		for (size_t i = 0; i < 4; i++) {
			check_int(names[i], exports_may_set(&plan, i), i == 2);
			progress[i].target = &plan.targets[i];
			progress[i].outcome.kind = OUTCOME_READY;
			progress[i].state = PROGRESS_DONE;
		}
		progress[2].place = place_of(plan.targets[2].endpoints);
		exports_collect(&exports, &plan, progress);
		check_int("none", (long long)exports.count, 3);
		check_text("none", exports.list[0].name, "X_HOST");
		check_text("none", exports.list[0].value, "db");
		exports_release(&exports);
		plan_release(&plan);
		unit_log_close(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assign),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_says_what_it_does_not_export),
		cmocka_unit_test(test_apply_to_several),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_error_in_a_file),
		cmocka_unit_test(test_one_host_two_ports_of_which_one_is_enough),
		cmocka_unit_test(test_without_endpoints),
	};

	return unit_main(tests);
}
