#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "app/compose.h"
#include "base/alloc.h"

enum { TARGETS = 4, TEXTS = 4 };

static char *const variables[] = {(char *)"PW=a@b", (char *)"CR=secret\r", (char *)"WEB_ADDR=mine", NULL};

/* Groups: 0 is all or any, 1 is an "any" in it. A target whose text begins with '+' is a member of 1. */
static void plan_open(struct plan *plan, const char *const *targets, bool any)
{
	struct error err = {0};

	*plan = (struct plan){0};
	plan_add_group(plan, 0, any);
	for (size_t i = 0; i < TARGETS && targets[i]; i++) {
		bool member = targets[i][0] == '+';
		struct target made, *target;

		if (target_parse(&made, targets[i] + member, &err))
			fail_msg("%s", err.text);
		target = plan_add_target(plan, &made);
		if (member && plan->group_count == 1)
			plan_add_group(plan, 0, true);
		target->group = member;
		if (target->scheme_name && strcmp(target->scheme_name, "unix") == 0) {
			target->endpoints = alloc_zero(1, sizeof(*target->endpoints));
			target->endpoints[0].host = alloc_text(target->tail);
			target->endpoint_count = 1;
		}
	}
}

struct check_row {
	const char *name, *targets[TARGETS], *texts[TEXTS];
	bool any, run_anyway, down;
	const char *message; /* NULL: none */
};

static void check_check(const struct check_row *row, const struct env *env)
{
	struct options_list texts = {.items = (const char **)row->texts};
	struct error err = {0};
	struct unit_log log;
	struct plan plan;

	unit_log_open(&log);
	plan_open(&plan, row->targets, row->any);
	plan.down = row->down;
	while (texts.count < TEXTS && row->texts[texts.count])
		texts.count++;
	check_int(row->name, exports_assign(&plan, env, true, &log.log, &err), 0);
	check_int(row->name, compose_check(&texts, &plan, row->run_anyway, env, &err), row->message ? -1 : 0);
	check(row->name, err.set == (row->message != NULL));
	if (row->message)
		check_has(row->name, err.text, row->message);
	check(row->name, !strstr(err.text, "secret"));
	plan_release(&plan);
	unit_log_close(&log);
}

static void test_check(void **state)
{
	static const char not_ready[] = "if a target is not ready: --export U: the variable DB_ADDR is not set";
	static const struct check_row rows[] = {
		{"nothing", {"db:1"}, {NULL}, .message = NULL},
		{"all three", {"db:1"}, {"U=${DB_HOST}${DB_PORT}${DB_ADDR}${PW}"}, .message = NULL},
		{"an empty text", {"db:1"}, {"U="}, .message = NULL},
		{"an earlier one", {"db:1"}, {"U=1", "V=${U}"}, .message = NULL},
		{"a later one", {"db:1"}, {"V=${U}", "U=1"}, .message = "--export V: the variable U is not set"},
		{"itself", {"db:1"}, {"U=${U}"}, .message = "the variable U is not set"},
		{"itself, which the user has set", {"db:1"}, {"PW=x${PW}"}, .message = NULL},
		{"unknown", {"db:1"}, {"U=secret${NO}"}, .message = "--export U: the variable NO is not set"},
		{"a default", {"db:1"}, {"U=${NO:-secret}"}, .message = NULL},
		{"a carriage return", {"db:1"}, {"U=${CR}"}, .message = "the variable CR holds a carriage return"},
		{"no name", {"db:1"}, {"=secret"}, .message = "--export: a variable's name"},
		{"no '='", {"db:1"}, {"A=1", "secret"}, .message = "--export number 2: a variable's name"},
		{"a digit", {"db:1"}, {"1secret=1"}, .message = "a variable's name"},
		{"a dot", {"db:1"}, {"secret.x=1"}, .message = "a variable's name"},
		{"twice", {"db:1"}, {"A=secret", "AB=1", "A=1"}, .message = "the variable A is given twice"},
		{"an address exports nothing", {"10.0.0.1:1"}, {"U=${DB_HOST}"}, .message = "DB_HOST is not set"},
		{"a socket has no port",
		 {"x=unix:///s"},
		 {"U=${X_PORT}"},
		 .message = "--export U: the variable X_PORT"},
		{"a socket's path", {"x=unix:///s"}, {"U=${X_HOST}${X_ADDR}"}, .message = NULL},
		{"perhaps a socket",
		 {"x=unix:///s", "x=a:1"},
		 {"U=${X_PORT}"},
		 .any = true,
		 .message = "if a target is not ready: --export U: the variable X_PORT is not set"},
		/* NAME_ADDR is that of a ready target only. */
		{"run-anyway", {"db:1"}, {"U=${DB_ADDR}"}, .run_anyway = true, .message = not_ready},
		{"run-anyway, a default", {"db:1"}, {"U=${DB_ADDR:-}"}, .run_anyway = true, .message = NULL},
		{"a default that is unknown",
		 {"db:1"},
		 {"U=${DB_ADDR:-${NO}}"},
		 .run_anyway = true,
		 .message = "if a target is not ready: --export U: the variable NO"},
		{"run-anyway, host and port",
		 {"db:1"},
		 {"U=${DB_HOST}:${DB_PORT}"},
		 .run_anyway = true,
		 .message = NULL},
		{"run-anyway, the user's", {"web:1"}, {"U=${WEB_ADDR}"}, .run_anyway = true, .message = NULL},
		{"down", {"db:1"}, {"U=${DB_ADDR}"}, .down = true, .message = not_ready},
		{"another is enough", {"db:1", "a:1"}, {"U=${DB_ADDR}"}, .any = true, .message = not_ready},
		{"the only one", {"db:1"}, {"U=${DB_ADDR}"}, .any = true, .message = NULL},
		{"whichever is ready", {"db=a:1", "db=b:1"}, {"U=${DB_ADDR}"}, .any = true, .message = NULL},
		{"beside a group", {"db:1", "+a:1", "+b:1"}, {"U=${DB_ADDR}"}, .message = NULL},
		{"in a group", {"a:1", "+db:1", "+b:1"}, {"U=${DB_ADDR}"}, .message = not_ready},
		{"a whole group", {"a:1", "+db=x:1", "+db=y:1"}, {"U=${DB_ADDR}"}, .message = NULL},
	};
	struct env env;

	(void)state;
	env_copy(&env, variables);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_check(&rows[i], &env);
	env_release(&env);
}

/* Each replaces what has its name, and the next one sees it. */
static void test_add(void **state)
{
	static const char *texts[] = {"U=x://${DB_HOST}:${PW}@h", "DB_HOST=other", "V=${DB_HOST} ${U}"};
	const struct options_list list = {texts, COUNT(texts)};
	struct exports exports = {alloc_zero(1, sizeof(struct env_variable)), 1};
	struct error err = {0};
	struct env env;

	(void)state;
	exports.list[0] = (struct env_variable){alloc_text("DB_HOST"), alloc_text("db")};
	env_copy(&env, variables);
	check_int("add", compose_add(&exports, &list, &env, &err), 0);
	check_int("count", (long)exports.count, 3);
	check_text("replaced", exports.list[0].value, "other");
	check_text("U", exports.list[1].value, "x://db:a%40b@h");
	check_text("V", exports.list[2].value, "other x://db:a%40b@h");
	check("env is as it was", !env_get(&env, "U"));
	exports_release(&exports);
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_check), cmocka_unit_test(test_add)};

	return unit_main(tests);
}
