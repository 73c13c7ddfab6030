#include "unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "loading.h"
#include "settings/config.h"

enum { WORDS = 8, ENTRIES = 8 };

static size_t field_size(const struct options_row *row)
{
	static const size_t sizes[] = {
		[OPTIONS_FLAG] = sizeof(int),
		[OPTIONS_WORD] = sizeof(int),
		[OPTIONS_COUNT] = sizeof(int),
		[OPTIONS_DURATION] = sizeof(int64_t),
		[OPTIONS_TEXT] = sizeof(const char *),
		[OPTIONS_LIST] = sizeof(struct options_list),
		[OPTIONS_NO_FIELD] = 0,
	};

	return sizes[row->type];
}

/* Every row of the table is complete, and no key or letter is used twice. */
static void test_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];

		check("row", row->key && row->key[0]);
		check(row->key,
		      row->key[0] != '-' && strspn(row->key, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->key));
		check(row->key, row->help && row->help[0] && !strchr(row->help, '\n'));
		check(row->key, row->letter == 0 || isalpha((unsigned char)row->letter));
		check(row->key, row->offset + field_size(row) <= sizeof(struct config));
		check(row->key, row->offset % sizeof(int) == 0);
		/* A row that takes a value has an argument for --help; a flag stores a value, and may take a text. */
		check_int(row->key, row->arg != NULL,
			  (row->type != OPTIONS_FLAG && row->type != OPTIONS_NO_FIELD) || row->text_offset);
		check(row->key, row->type != OPTIONS_WORD || row->choices);
		check(row->key, row->type != OPTIONS_FLAG || row->value > 0);
		check(row->key, row->where != OPTIONS_ENV_ONLY || row->letter == 0);
		check_int(row->key, row->names_file, row->arg && (strstr(row->arg, "FILE") || strstr(row->arg, "SRC")));
		for (size_t j = 0; j < i; j++) {
			const struct options_row *other = &config_options.rows[j];

			check(row->key, strcmp(row->key, other->key) != 0);
			check(row->key, row->letter == 0 || row->letter != other->letter);
			check(row->key,
			      row->offset != other->offset || row->value != other->value || field_size(row) == 0);
		}
	}
}

/* A call of loading_run and what it needs; freed by load_close. */
struct load {
	struct config config;
	struct env env;
	struct unit_log log;
	struct error err;
	char *line, *argv[WORDS + 2];
	int result;
};

/* words is the command line, split at blanks. */
static void load_open(struct load *load, const char *words, const char *const *found)
{
	char *rest;
	int argc = 1;

	memset(load, 0, sizeof(*load));
	load->line = rest = alloc_text(words);
	load->argv[0] = (char *)"waitfor";
	while (rest && *rest && argc <= WORDS)
		load->argv[argc++] = strsep(&rest, " ");
	env_copy(&load->env, (char *const *)found);
	unit_log_open(&load->log);
	load->result = loading_run(&load->config, argc, load->argv, &load->env, &load->log.log, &load->err);
}

static void load_close(struct load *load)
{
	config_release(&load->config);
	free(load->line);
	env_release(&load->env);
	unit_log_close(&load->log);
}

struct setting_row {
	const char *name, *words, *found[ENTRIES];
	struct config expected; /* its settings */
};

/* "Order of precedence: default, environment, command line" (issue 3, with the defaults). */
static void test_settings(void **state)
{
	static const struct setting_row rows[] = {
		{"defaults",
		 "db:1",
		 {NULL},
		 {.settings.timeout = 60 * CLOCK_S, .settings.attempt_timeout = 3 * CLOCK_S}},
		{"on the command line",
		 "-t10s --attempt-timeout=1s --max-interval=200ms --any --run-anyway --fail-fast db:1",
		 {NULL},
		 {.settings.timeout = 10 * CLOCK_S,
		  .settings.attempt_timeout = CLOCK_S,
		  .settings.max_interval = 200 * CLOCK_MS,
		  .any = 1,
		  .run_anyway = 1,
		  .plan.fail_fast = 1}},
		{"more on the command line",
		 "--timeout=0 --once --links --pin --no-export -v db:1",
		 {NULL},
		 {.settings.attempt_timeout = 3 * CLOCK_S,
		  .plan.once = 1,
		  .links = 1,
		  .plan.pin = 1,
		  .plan.no_export = 1,
		  .verbosity = CONFIG_VERBOSITY_VERBOSE}},
		{"in the environment",
		 "db:1",
		 {"WAITFOR_TIMEOUT=5m", "WAITFOR_ATTEMPT_TIMEOUT=500ms", "WAITFOR_MAX_INTERVAL=1s", "WAITFOR_ONCE=1",
		  "WAITFOR_ANY=true", "WAITFOR_DOWN=absent", "WAITFOR_QUIET=1"},
		 {.settings.timeout = 300 * CLOCK_S,
		  .settings.attempt_timeout = 500 * CLOCK_MS,
		  .settings.max_interval = CLOCK_S,
		  .plan.once = 1,
		  .any = 1,
		  .plan.down = PLAN_DOWN_ABSENT,
		  .verbosity = CONFIG_VERBOSITY_QUIET}},
		{"more in the environment",
		 "db:1",
		 {"WAITFOR_RUN_ANYWAY=1", "WAITFOR_FAIL_FAST=1", "WAITFOR_LINKS=1", "WAITFOR_PIN=1",
		  "WAITFOR_NO_EXPORT=1", "WAITFOR_VERBOSE=1", "WAITFOR_DOWN=true"},
		 {.settings.timeout = 60 * CLOCK_S,
		  .settings.attempt_timeout = 3 * CLOCK_S,
		  .plan.down = PLAN_DOWN_ON,
		  .run_anyway = 1,
		  .plan.fail_fast = 1,
		  .links = 1,
		  .plan.pin = 1,
		  .plan.no_export = 1,
		  .verbosity = CONFIG_VERBOSITY_VERBOSE}},
		{"the command line wins",
		 "-t1 --once=false --down=absent -q db:1",
		 {"WAITFOR_TIMEOUT=5m", "WAITFOR_ONCE=1", "WAITFOR_DOWN=1", "WAITFOR_VERBOSE=1"},
		 {.settings.timeout = CLOCK_S,
		  .settings.attempt_timeout = 3 * CLOCK_S,
		  .plan.down = PLAN_DOWN_ABSENT,
		  .verbosity = CONFIG_VERBOSITY_QUIET}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct setting_row *row = &rows[i];
		struct load load;

		load_open(&load, row->words, row->found);
		check_text(row->name, load.err.text, "");
		check_int(row->name, load.result, 0);
		check_int(row->name, load.config.settings.timeout, row->expected.settings.timeout);
		check_int(row->name, load.config.settings.attempt_timeout, row->expected.settings.attempt_timeout);
		check_int(row->name, load.config.settings.max_interval, row->expected.settings.max_interval);
		check_int(row->name, load.config.plan.once, row->expected.plan.once);
		check_int(row->name, load.config.any, row->expected.any);
		check_int(row->name, load.config.plan.down, row->expected.plan.down);
		check_int(row->name, load.config.run_anyway, row->expected.run_anyway);
		check_int(row->name, load.config.plan.fail_fast, row->expected.plan.fail_fast);
		check_int(row->name, load.config.links, row->expected.links);
		check_int(row->name, load.config.plan.pin, row->expected.plan.pin);
		check_int(row->name, load.config.plan.no_export, row->expected.plan.no_export);
		check_int(row->name, load.config.verbosity, row->expected.verbosity);
		check_int(row->name, load.log.log.level,
			  row->expected.verbosity == CONFIG_VERBOSITY_QUIET     ? LOG_LEVEL_ERROR
			  : row->expected.verbosity == CONFIG_VERBOSITY_VERBOSE ? LOG_LEVEL_VERBOSE
										: LOG_LEVEL_NORMAL);
		load_close(&load);
	}
}

struct target_row {
	const char *name;
	const char *words, *found[ENTRIES];
	const char *targets; /* "host port fallback, ..." */
	int command;         /* index in argv; 0: none */
};

static void check_targets(const struct target_row *row)
{
	struct load load;
	char joined[256] = "";

	load_open(&load, row->words, row->found);
	check_text(row->name, load.err.text, "");
	check_int(row->name, load.result, 0);
	for (size_t i = 0; i < load.config.plan.target_count; i++)
		for (size_t j = 0; j < load.config.plan.targets[i].endpoint_count; j++) {
			const struct endpoint *endpoint = &load.config.plan.targets[i].endpoints[j];
			size_t len = strlen(joined);

			snprintf(joined + len, sizeof(joined) - len, "%s%s %u %s", len ? ", " : "", endpoint->host,
				 (unsigned)endpoint->port, endpoint->fallback ? endpoint->fallback : "-");
		}
	check_text(row->name, joined, row->targets);
	check(row->name, load.config.command == (row->command ? &load.argv[row->command] : NULL));
	load_close(&load);
}

static void test_targets(void **state)
{
	static const struct target_row rows[] = {
		{"two", "db:5432 tcp://web:80", {NULL}, "db 5432 -, web 80 -", 0},
		{"a command",
		 "db:1 -- app x",
		 {NULL},
		 "db 1 -",
		 3}, /* As the ENTRYPOINT of an image without CMD: waits and exits 0. */
		{"no command behind --", "db:1 --", {NULL}, "db 1 -", 0},
		{"from the environment", "", {"WAITFOR_TARGETS= a:1\t\n b:2  "}, "a 1 -, b 2 -", 0},
		{"with a command", "-- app", {"WAITFOR_TARGETS=a:1"}, "a 1 -", 2},
		{"the command line instead of the environment", "c:3", {"WAITFOR_TARGETS=a:1 b:2"}, "c 3 -", 0},
		{"expanded", "${H}:${P:-80}", {"H=db"}, "db 80 -", 0},
		{"expanded in the environment", "", {"WAITFOR_TARGETS=${H}:1", "H=db"}, "db 1 -", 0},
		{"expanded to a port (FACTS 4)",
		 "db:${DB_PORT}",
		 {"DB_PORT=tcp://172.17.0.2:5432"},
		 "db 5432 172.17.0.2",
		 0},
		{"a link's port and address", "db", {"DB_PORT=tcp://172.17.0.2:5432"}, "db 5432 172.17.0.2", 0},
		{"a link's address", "db:80", {"DB_PORT=tcp://172.17.0.2:5432"}, "db 80 172.17.0.2", 0},
		{"a service's", "db", {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=80"}, "db 80 10.0.0.5", 0},
		{"no port anywhere is for the probe to refuse", "db", {NULL}, "db 0 -", 0},
		{"--links",
		 "--links",
		 {"DB_NAME=/app/db", "DB_PORT=tcp://172.17.0.2:5432", "WEB_SERVICE_HOST=10.0.0.5",
		  "WEB_SERVICE_PORT=80"},
		 "db 5432 172.17.0.2, web 80 10.0.0.5",
		 0},
		{"--links and a target of the same host",
		 "--links DB:80",
		 {"DB_NAME=/app/db", "DB_PORT=tcp://172.17.0.2:5432"},
		 "DB 80 172.17.0.2",
		 0},
		{"--links and there are none", "--links=optional", {"PATH=/bin"}, "", 0},
		{"--links without one",
		 "--links=-WEB",
		 {"DB_NAME=/app/db", "DB_PORT=tcp://172.17.0.2:5432", "WEB_SERVICE_HOST=10.0.0.5",
		  "WEB_SERVICE_PORT=80"},
		 "db 5432 172.17.0.2",
		 0},
		{"several ports",
		 "--links",
		 {"DB_NAME=/app/db", "DB_PORT=tcp://172.17.0.2:22", "DB_PORT_22_TCP=tcp://172.17.0.2:22",
		  "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 "db 22 172.17.0.2, db 5432 172.17.0.2",
		 0},
		{"commas", "a:1,b:2", {NULL}, "a 1 -, b 2 -", 0},
		{"commas in the environment", "", {"WAITFOR_TARGETS=a:1, b:2,c:3"}, "a 1 -, b 2 -, c 3 -", 0},
		{"commas in a variable", "${K}", {"K=a:1,b:2"}, "a 1 -, b 2 -", 0},
		{"a shell's port", "redis:tcp://10.7.240.204:6379", {NULL}, "redis 6379 -", 0},
		{"a carriage return at the end", "", {"WAITFOR_TARGETS=a:1\r\nb:2\r"}, "a 1 -, b 2 -", 0},
		{"--links and WAITFOR_TARGETS",
		 "--links",
		 {"WAITFOR_TARGETS=a:1", "DB_NAME=/app/db", "DB_PORT=tcp://172.17.0.2:5432"},
		 "a 1 -, db 5432 172.17.0.2",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_targets(&rows[i]);
}

struct action_row {
	const char *words;
	int action;
};

/* --help ignores other mistakes, because somebody who asks for help may have made one. */
static void test_actions(void **state)
{
	static const struct action_row rows[] = {
		{"--help", CONFIG_HELP},  {"-h", CONFIG_HELP},   {"--version", CONFIG_VERSION}, {"-V", CONFIG_VERSION},
		{"-h db:0", CONFIG_HELP}, {"db:1", CONFIG_WAIT}, {"db:1 -- -h", CONFIG_WAIT},
	};
	static const char *const found[] = {"WAITFOR_HELP=true", "WAITFOR_VERSION=true", NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;

		load_open(&load, rows[i].words, found);
		check_int(rows[i].words, load.result, 0);
		check_int(rows[i].words, load.config.action, rows[i].action);
		load_close(&load);
	}
}

struct refuse_row {
	const char *words, *found[ENTRIES];
	const char *message, *secret;
};

static void test_refuses(void **state)
{
	static const struct refuse_row rows[] = {
		{"", {NULL}, "no target", NULL},
		{"", {NULL}, "WAITFOR_TARGETS", NULL},
		{"-- app", {"WAITFOR_TARGETS= \t"}, "no target", NULL},
		{", -- app", {NULL}, "no target", NULL},
		{"--links", {NULL}, "--links: found no link or service variables", NULL},
		{"-- app",
		 {"WAITFOR_LINKS=-db", "DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=1"},
		 "--links=optional",
		 NULL},
		{"--links=foo", {NULL}, "write true, false, optional or -NAME", NULL},
		{"db:1\r", {NULL}, "target \"db:1\": it holds a carriage return", NULL},
		{"postgres://db/x\r", {NULL}, "carriage return", NULL},
		{"${H}:1", {"H=db\r"}, "carriage return", NULL},
		{"-t1\r db:1", {NULL}, "-t holds a carriage return", NULL},
		{"--output json\r db:1", {NULL}, "--output: the value holds a carriage return", NULL},
		{"PGPASSWORD=hunter db:1", {NULL}, "parameters need a URL", "hunter"},
		{"db:0", {NULL}, "target \"db:0\": ", NULL},
		{"db:1 db:54x2", {NULL}, "target \"db:54x2\": ", NULL},
		{"", {"WAITFOR_TARGETS=a:1 db:0"}, "WAITFOR_TARGETS: target \"db:0\": ", NULL},
		{"${NONE}:1", {NULL}, "target \"${NONE}:1\": the variable NONE is not set", NULL},
		{"postgres://me:hunter@${NONE}/app", {NULL}, "NONE is not set", "hunter"},
		{"postgres://me:${PW}@db:0", {"PW=hunter"}, "port", "hunter"},
		{"--attempt-timeout=0 db:1",
		 {NULL},
		 "--attempt-timeout: \"0\" is too short; write a time above 0",
		 NULL},
		{"--timeout=10x db:1", {NULL}, "--timeout: \"10x\"", NULL},
		{"db:1", {"WAITFOR_TIMEOUT=10x"}, "WAITFOR_TIMEOUT: \"10x\"", NULL},
		{"--tiemout=5 db:1", {NULL}, "did you mean --timeout?", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;

		load_open(&load, rows[i].words, rows[i].found);
		check_int(rows[i].message, load.result, -1);
		check_has(rows[i].message, load.err.text, rows[i].message);
		if (rows[i].secret)
			check_lacks(rows[i].message, load.err.text, rows[i].secret);
		load_close(&load);
	}
}

static void test_warnings(void **state)
{
	static const char words[] = "db:1", quiet[] = "-q db:1";
	static const char *const found[] = {"WAITFOR_TIMEOT=5", NULL};
	struct load load;

	(void)state;
	load_open(&load, words, found);
	check_int("a misspelt variable is no failure", load.result, 0);
	check_has("but a warning", unit_log_text(&load.log), "WAITFOR_TIMEOUT?");
	load_close(&load);
	load_open(&load, "--links=optional", found);
	check_has("nothing to wait for", unit_log_text(&load.log), "--links");
	load_close(&load);
	load_open(&load, quiet, found);
	check_text("none with -q", unit_log_text(&load.log), "");
	load_close(&load);
}

struct settle_row {
	const char *words, *found[ENTRIES];
	int once, successes, no_export, report_fd;
};

/* FIELD 17: the higher source wins over what contradicts it. */
static void test_the_higher_source_wins(void **state)
{
	static const struct settle_row rows[] = {
		{"--once db:1", {"WAITFOR_SUCCESSES=3"}, 1, 1, 0, -1},
		{"--successes=3 db:1", {"WAITFOR_ONCE=1"}, 0, 3, 0, -1},
		{"--print-env sh db:1", {"WAITFOR_NO_EXPORT=1"}, 0, 1, 0, -1},
		{"--print-env sh db:1", {"WAITFOR_REPORT_FD=1"}, 0, 1, 0, -1},
		{"--print-env sh db:1", {"WAITFOR_REPORT_FD=3"}, 0, 1, 0, 3},
		{"--no-export db:1", {"WAITFOR_REPORT_FD=1"}, 0, 1, 1, 1},
		{"--no-export db:1", {"WAITFOR_EXPORT=A=1"}, 0, 1, 1, -1},
		{"--export A=1 db:1", {"WAITFOR_NO_EXPORT=1"}, 0, 1, 0, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;

		load_open(&load, rows[i].words, rows[i].found);
		check_text(rows[i].words, load.err.text, "");
		check_int(rows[i].words, load.config.plan.once, rows[i].once);
		check_int(rows[i].words, load.config.settings.successes, rows[i].successes);
		check_int(rows[i].words, load.config.plan.targets[0].settings.successes, rows[i].successes);
		check_int(rows[i].words, load.config.plan.no_export, rows[i].no_export);
		check_int(rows[i].words, load.config.report_fd, rows[i].report_fd);
		load_close(&load);
	}
}

struct once_row {
	const char *words, *found[ENTRIES];
	size_t exports, renders;
};

/* A health check, --once without a command, finds the environment of the app's own start. */
static void test_a_health_check_makes_nothing(void **state)
{
	static const struct once_row rows[] = {
		{"--once db:1", {"WAITFOR_EXPORT=A=1", "WAITFOR_RENDER=a:b"}, 0, 0},
		{"db:1", {"WAITFOR_EXPORT=A=1", "WAITFOR_RENDER=a:b"}, 1, 1},
		{"db:1", {"WAITFOR_EXPORT=A=1", "WAITFOR_RENDER=a:b", "WAITFOR_ONCE=1"}, 1, 1},
		{"--once --export A=1 db:1", {"WAITFOR_RENDER=a:b"}, 1, 0},
		{"--once --render a:b --render c:d db:1", {"WAITFOR_EXPORT=A=1"}, 0, 2},
		{"--once db:1 -- app", {"WAITFOR_EXPORT=A=1", "WAITFOR_RENDER=a:b"}, 1, 1},
		{"--once --print-env sh db:1", {"WAITFOR_EXPORT=A=1", "WAITFOR_RENDER=a:b"}, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;

		load_open(&load, rows[i].words, rows[i].found);
		check_text(rows[i].words, load.err.text, "");
		check_int(rows[i].words, (long)load.config.exports.count, (long)rows[i].exports);
		check_int(rows[i].words, (long)load.config.renders.count, (long)rows[i].renders);
		load_close(&load);
	}
}

/* FIELD 14: a file with CRLF, given to `docker run --env-file`. */
static void test_carriage_returns_of_variables(void **state)
{
	static const char *const found[] = {"WAITFOR_TIMEOUT=5s\r", "A=1\r", "WAITFOR_LINKS=-db\r", NULL};
	struct load load;

	(void)state;
	load_open(&load, "db:1", found);
	check_int("they are dropped", load.result, 0);
	check_int("timeout", load.config.settings.timeout, 5 * CLOCK_S);
	check_text("links", load.config.links_without, "-db");
	check_text("one line", unit_log_text(&load.log),
		   "waitfor: dropping the carriage return at the end of WAITFOR_TIMEOUT, WAITFOR_LINKS; save the file "
		   "that sets them without Windows line ends\n");
	check_text("the app gets them as they are", load.env.list[0], found[0]);
	load_close(&load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_the_higher_source_wins),
		cmocka_unit_test(test_a_health_check_makes_nothing),
		cmocka_unit_test(test_carriage_returns_of_variables),
	};

	return unit_main(tests);
}
