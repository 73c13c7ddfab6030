/* settings/file.c, through loading_run: settings, targets and groups from a configuration file. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "loading.h"
#include "settings/config.h"

enum { WORDS = 8, ENTRIES = 6 };

/* A call of loading_run with "-f FILE" before the words; freed by load_close. */
struct load {
	struct unit_dir dir;
	struct config config;
	struct env env;
	struct unit_log log;
	struct error err;
	char *path, *line, *argv[WORDS + 4];
	int result;
};

static void load_open(struct load *load, const char *text, const char *words, const char *const *found)
{
	char *rest;
	int argc = 3;

	*load = (struct load){0};
	unit_dir_open(&load->dir);
	unit_dir_write(&load->dir, "f", text, 0600);
	load->path = unit_dir_path(&load->dir, "f");
	load->argv[0] = (char *)"waitfor";
	load->argv[1] = (char *)"-f";
	load->argv[2] = load->path;
	load->line = rest = alloc_text(words);
	while (rest && *rest && argc < WORDS)
		load->argv[argc++] = strsep(&rest, " ");
	env_copy(&load->env, (char *const *)found);
	unit_log_open(&load->log);
	load->result = loading_run(&load->config, argc, load->argv, &load->env, &load->log.log, &load->err);
}

static void load_close(struct load *load)
{
	config_release(&load->config);
	env_release(&load->env);
	unit_log_close(&load->log);
	unit_dir_close(&load->dir);
	free(load->line);
	free(load->path);
}

/* Appends "all(a any(b c))": a group, its targets' URLs and the groups in it. */
static void describe_group(struct buf *out, const struct config *config, size_t group)
{
	buf_add_text(out, config->plan.groups[group].any ? "any(" : "all(");
	for (size_t i = 0; i < config->plan.target_count; i++)
		if (config->plan.targets[i].group == group) {
			buf_add_text(out, out->data[out->len - 1] == '(' ? "" : " ");
			if (config->plan.targets[i].named) {
				buf_add_text(out, config->plan.targets[i].name);
				buf_add_text(out, "=");
			}
			buf_add_text(out, config->plan.targets[i].url);
		}
	for (size_t i = group + 1; i < config->plan.group_count; i++)
		if (config->plan.groups[i].parent == group) {
			buf_add_text(out, out->data[out->len - 1] == '(' ? "" : " ");
			describe_group(out, config, i);
		}
	buf_add_text(out, ")");
}

struct form_row {
	const char *text, *words, *found[ENTRIES];
	const char *plan;
};

static void check_form(const struct form_row *row)
{
	struct buf plan = {0};
	struct load load;

	load_open(&load, row->text, row->words, row->found);
	check_text(row->text, load.err.text, "");
	check_int(row->text, load.result, 0);
	describe_group(&plan, &load.config, 0);
	check_text(row->text, plan.data, row->plan);
	buf_release(&plan);
	load_close(&load);
}

static void test_forms(void **state)
{
	static const struct form_row rows[] = {
		{"{\"targets\": [\"db:1\"]}", "", {NULL}, "all(db:1)"},
		{"\xef\xbb\xbf {\n\"targets\": [\"db:1\", \"tcp://web:80\"] }\n", "", {NULL}, "all(db:1 tcp://web:80)"},
		{"{\"targets\": [\"API=db:1\"]}", "", {NULL}, "all(API=db:1)"},
		{"{\"targets\": [\"${H}:${P:-2}\"]}", "", {"H=db"}, "all(db:2)"},
		{"{\"targets\": [\"${NAMED}\"]}", "", {"NAMED=API=db:1"}, "all(API=db:1)"},
		{"{\"targets\": [{\"target\": \"db:1\"}]}", "", {NULL}, "all(db:1)"},
		{"{\"targets\": [{\"name\": \"my-db.1\", \"target\": \"db:1\"}]}", "", {NULL}, "all(MY_DB_1=db:1)"},
		{"{\"targets\": [{\"name\": \"_x\", \"target\": \"${T}\"}]}", "", {"T=db:1"}, "all(_X=db:1)"},
		/* The '=' in a URL's parameters does not make a name. */
		{"{\"targets\": [{\"name\": \"X\", \"target\": \"postgres://db/a?b=c\"}]}",
		 "",
		 {NULL},
		 "all(X=postgres://db/a?b=c)"},
		{"{\"any\": true, \"targets\": [\"a:1\", \"b:1\"]}", "", {NULL}, "any(a:1 b:1)"},
		{"{\"any\": true, \"targets\": [\"a:1\", \"b:1\"]}", "--any=no", {NULL}, "all(a:1 b:1)"},
		{"{\"targets\": [\"a:1\", {\"any\": [\"b:1\", {\"target\": \"c:1\"}]}, \"d:1\"]}",
		 "",
		 {NULL},
		 "all(a:1 d:1 any(b:1 c:1))"},
		{"{\"targets\": [{\"any\": [{\"all\": [\"a:1\", \"b:1\"]}, {\"all\": [{\"any\": [\"c:1\"]}]}]}]}",
		 "",
		 {NULL},
		 "all(any(all(a:1 b:1) all(any(c:1))))"},
		/* A member without a name gets the name of the nearest group that has one. */
		{"{\"targets\": [{\"any\": [\"a:1\", \"B=b:1\", {\"target\": \"c:1\", \"name\": \"C\"}, {\"all\": "
		 "[\"d:1\"]}, {\"all\": [\"e:1\"], \"name\": \"E\"}], \"name\": \"G\"}, \"f:1\"]}",
		 "",
		 {NULL},
		 "all(f:1 any(G=a:1 B=b:1 C=c:1 all(G=d:1) all(E=e:1)))"},
		/* Targets from a later source replace those of the file. */
		{"{\"targets\": [\"a:1\"]}", "b:2", {"WAITFOR_TARGETS=c:3"}, "all(b:2)"},
		{"{\"targets\": [\"a:1\"]}", "", {"WAITFOR_TARGETS=c:3"}, "all(c:3)"},
		{"{\"targets\": [\"a:1\"]}", "", {"WAITFOR_TARGETS= "}, "all(a:1)"},
		{"{}", "b:2", {NULL}, "all(b:2)"},
		{"{\"targets\": []}", "b:2", {NULL}, "all(b:2)"},
		{"{\"links\": true, \"targets\": [\"a:1\"]}",
		 "",
		 {"WEB_SERVICE_HOST=10.0.0.5", "WEB_SERVICE_PORT=80"},
		 "all(a:1 web)"},
		{"{\"links\": true}", "", {"WEB_SERVICE_HOST=10.0.0.5", "WEB_SERVICE_PORT=80"}, "all(web)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_form(&rows[i]);
}

#define WITH(target, options) "{\"targets\": [{\"target\": \"" target "\", \"options\": " options "}]}"

/* "options" become parameters: encoded, after those in the URL, and with variables expanded once. */
static void test_options(void **state)
{
	static const char *const wild = "W=a b&c=d%?#/+${H}\xc3\xa9";
	const struct form_row rows[] = {
		{WITH("postgres://db", "{}"), "", {NULL}, "all(postgres://db)"},
		{WITH("postgres://db/x", "{\"a\": \"b\", \"n\": 5, \"r\": 0.5}"),
		 "",
		 {NULL},
		 "all(postgres://db/x?a=b&n=5&r=0.5)"},
		{WITH("postgres://db/x?y=z", "{\"a\": \"b\"}"), "", {NULL}, "all(postgres://db/x?y=z&a=b)"},
		{WITH("N=postgres://db/x", "{\"a\": \"\"}"), "", {NULL}, "all(N=postgres://db/x?a=)"},
		{WITH("postgres://db/x", "{\"a\": \"${W}\"}"),
		 "",
		 {wild, "H=no"},
		 "all(postgres://db/x?a=a%20b%26c%3Dd%25%3F%23%2F%2B%24%7BH%7D%C3%A9)"},
		{WITH("postgres://db/x", "{\"a_1\": \"AZaz09-._~\"}"),
		 "",
		 {NULL},
		 "all(postgres://db/x?a_1=AZaz09-._~)"},
		{WITH("${U}", "{\"a\": \"b\"}"), "", {"U=postgres://db/x"}, "all(postgres://db/x?a=b)"},
		{WITH("postgres://db/${U}", "{\"a\": \"b\"}"), "", {"U=x?y=z"}, "all(postgres://db/x?y=z&a=b)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_form(&rows[i]);
}

struct rank_row {
	const char *text, *words, *found[ENTRIES];
	int64_t timeout, attempt_timeout, max_interval;
	int successes;
};

/* Precedence: default, file, environment, command line; in the file: whole wait, group, target. */
static void test_ranks(void **state)
{
	static const char bare[] = "{\"targets\": [\"a:1\"]}";
	static const char outside[] = "{\"timeout\": 1, \"attempt-timeout\": \"2s\", \"max-interval\": 3, "
				      "\"successes\": 4, \"targets\": [\"a:1\"]}";
	static const char group[] =
		"{\"timeout\": 1, \"targets\": [{\"any\": [\"a:1\"], \"timeout\": 11, \"successes\": 14}]}";
	static const char target[] =
		"{\"timeout\": 1, \"attempt-timeout\": 2, \"max-interval\": 3, \"targets\": [{\"any\": [{\"target\": "
		"\"a:1\", \"timeout\": 21, \"successes\": 24}], \"timeout\": 11, \"attempt-timeout\": 12}]}";
	static const char deep[] = "{\"targets\": [{\"all\": [{\"any\": [{\"all\": [\"a:1\"]}], \"timeout\": 5}], "
				   "\"timeout\": 6, \"successes\": 7}]}";
	static const char off[] = "{\"max-interval\": 3, \"targets\": [{\"target\": \"a:1\", \"max-interval\": 0, "
				  "\"timeout\": 0, \"successes\": 1}], \"successes\": 9}";
	static const struct rank_row rows[] = {
		{bare, "", {NULL}, 60 * CLOCK_S, 3 * CLOCK_S, 0, 1},
		{outside, "", {NULL}, CLOCK_S, 2 * CLOCK_S, 3 * CLOCK_S, 4},
		{outside,
		 "",
		 {"WAITFOR_TIMEOUT=31", "WAITFOR_ATTEMPT_TIMEOUT=32", "WAITFOR_MAX_INTERVAL=33",
		  "WAITFOR_SUCCESSES=34"},
		 31 * CLOCK_S,
		 32 * CLOCK_S,
		 33 * CLOCK_S,
		 34},
		{outside, "-t41 --successes 44", {"WAITFOR_TIMEOUT=31"}, 41 * CLOCK_S, 2 * CLOCK_S, 3 * CLOCK_S, 44},
		{group, "", {NULL}, 11 * CLOCK_S, 3 * CLOCK_S, 0, 14},
		{group, "", {"WAITFOR_TIMEOUT=31"}, 31 * CLOCK_S, 3 * CLOCK_S, 0, 14},
		{group, "--successes=44", {NULL}, 11 * CLOCK_S, 3 * CLOCK_S, 0, 44},
		{target, "", {NULL}, 21 * CLOCK_S, 12 * CLOCK_S, 3 * CLOCK_S, 24},
		{target, "", {"WAITFOR_SUCCESSES=34"}, 21 * CLOCK_S, 12 * CLOCK_S, 3 * CLOCK_S, 34},
		{target,
		 "-t41 --attempt-timeout=42 --max-interval=43 --successes=44",
		 {"WAITFOR_TIMEOUT=31"},
		 41 * CLOCK_S,
		 42 * CLOCK_S,
		 43 * CLOCK_S,
		 44},
		/* A value equal to the default overrules as well. */
		{target, "-t60s", {NULL}, 60 * CLOCK_S, 12 * CLOCK_S, 3 * CLOCK_S, 24},
		{deep, "", {NULL}, 5 * CLOCK_S, 3 * CLOCK_S, 0, 7},
		{off, "", {NULL}, 0, 3 * CLOCK_S, 0, 1},
		/* An empty variable does not overrule. */
		{target, "", {"WAITFOR_TIMEOUT="}, 21 * CLOCK_S, 12 * CLOCK_S, 3 * CLOCK_S, 24},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct target_settings *settings;
		struct load load;
		char name[16];

		snprintf(name, sizeof(name), "row %zu", i);
		load_open(&load, rows[i].text, rows[i].words, rows[i].found);
		check_text(name, load.err.text, "");
		check_int(name, (long long)load.config.plan.target_count, 1);
		settings = &load.config.plan.targets[0].settings;
		check_int(name, settings->timeout, rows[i].timeout);
		check_int(name, settings->attempt_timeout, rows[i].attempt_timeout);
		check_int(name, settings->max_interval, rows[i].max_interval);
		check_int(name, settings->successes, rows[i].successes);
		load_close(&load);
	}
}

static size_t row_of(const char *key)
{
	for (size_t i = 0; i < config_options.count; i++)
		if (strcmp(config_options.rows[i].key, key) == 0)
			return i;
	fail_msg("no row %s", key);
	return 0;
}

/* The sources of values, for --explain: which rows a target has set itself, and the sources of those of the wait. */
static void test_sources(void **state)
{
	static const char text[] =
		"{\"timeout\": 5, \"quiet\": true, \"targets\": [{\"target\": \"a:1\", \"timeout\": 1}, "
		"{\"any\": [\"b:1\"], \"successes\": 2, \"max-interval\": 1}, \"c:1\"]}";
	static const char *const found[] = {"WAITFOR_MAX_INTERVAL=2", NULL};
	struct load load;

	(void)state;
	load_open(&load, text, "--attempt-timeout=4s", found);
	check_text("sources", load.err.text, "");
	check_int("sources", load.config.sources[row_of("timeout")], OPTIONS_FILE);
	check_int("sources", load.config.sources[row_of("quiet")], OPTIONS_FILE);
	check_int("sources", load.config.sources[row_of("max-interval")], OPTIONS_ENV);
	check_int("sources", load.config.sources[row_of("attempt-timeout")], OPTIONS_ARGV);
	check_int("sources", load.config.sources[row_of("config")], OPTIONS_ARGV);
	check_int("sources", load.config.sources[row_of("any")], OPTIONS_DEFAULT);
	for (size_t i = 0; i < config_options.count; i++) {
		const char *key = config_options.rows[i].key;

		check_int(key, bits_has(&load.config.plan.targets[0].own_settings, i), strcmp(key, "timeout") == 0);
		/* The environment overrules the group's max-interval. */
		check_int(key, bits_has(&load.config.plan.targets[1].own_settings, i), strcmp(key, "successes") == 0);
		check_int(key, bits_has(&load.config.plan.targets[2].own_settings, i), false);
	}
	load_close(&load);
}

/* target.origin is the place of the target, for later errors. */
static void test_origins(void **state)
{
	static const char text[] = "{\n \"targets\": [\"a:1\",\n  {\"any\": [{\"target\": \"b:1\"}]}]}";
	struct load load;
	char *expected;

	(void)state;
	load_open(&load, text, "", (const char *const[]){NULL});
	assert_int_equal(load.config.plan.target_count, 2);
	expected = alloc_format("%s:2:14", load.path);
	check_text("a string", load.config.plan.targets[0].origin, expected);
	free(expected);
	expected = alloc_format("%s:3:23", load.path);
	check_text("an object", load.config.plan.targets[1].origin, expected);
	free(expected);
	load_close(&load);
	load_open(&load, text, "c:1", (const char *const[]){NULL});
	check_text("the command line's", load.config.plan.targets[0].origin, NULL);
	load_close(&load);
}

/* Every setting that a file may have, and the level of the log that follows from them. */
static void test_settings(void **state)
{
	static const char text[] =
		"{\"once\": true, \"any\": true, \"down\": \"absent\", \"run-anyway\": true, "
		"\"fail-fast\": true, \"links\": true, \"pin\": true, \"no-export\": true, "
		"\"verbose\": true, \"output\": \"json\", \"report-fd\": 7, \"report\": [\"a\", \"b\"], \"targets\": [\"a:1\"]}";
	static const char *const keys[] = {"once", "any",       "down",    "run-anyway", "fail-fast", "links",
					   "pin",  "no-export", "verbose", "output",     "report-fd", "report"};
	struct load load;

	(void)state;
	load_open(&load, text, "", (const char *const[]){NULL});
	check_text("all", load.err.text, "");
	check_int("once", load.config.plan.once, 1);
	check_int("any", load.config.any, 1);
	check_int("down", load.config.plan.down, PLAN_DOWN_ABSENT);
	check_int("run-anyway", load.config.run_anyway, 1);
	check_int("fail-fast", load.config.plan.fail_fast, 1);
	check_int("links", load.config.links, 1);
	check_int("pin", load.config.plan.pin, 1);
	check_int("no-export", load.config.plan.no_export, 1);
	check_int("verbose", load.config.verbosity, CONFIG_VERBOSITY_VERBOSE);
	check_int("verbose", load.log.log.level, LOG_LEVEL_VERBOSE);
	check_int("output", load.config.output, CONFIG_OUTPUT_JSON);
	check_int("report-fd", load.config.report_fd, 7);
	check_int("report", (long long)load.config.reports.count, 2);
	check_text("report", load.config.reports.items[1], "b");
	for (size_t i = 0; i < COUNT(keys); i++)
		check_int(keys[i], load.config.sources[row_of(keys[i])], OPTIONS_FILE);
	load_close(&load);
	load_open(&load, text, "--once=no --down=no -q --report=c", (const char *const[]){"WAITFOR_PIN=0", NULL});
	check_text("overruled", load.err.text, "");
	check_int("once", load.config.plan.once, 0);
	check_int("down", load.config.plan.down, PLAN_DOWN_OFF);
	check_int("pin", load.config.plan.pin, 0);
	check_int("quiet", load.config.verbosity, CONFIG_VERBOSITY_QUIET);
	check_int("a list is replaced", (long long)load.config.reports.count, 1);
	check_text("a list is replaced", load.config.reports.items[0], "c");
	load_close(&load);
}

struct refuse_row {
	const char *text, *words, *error; /* error: what follows "FILE:" */
};

#define OPTIONS_HELP                                                                                                         \
	"\"options\" must be an object, and needs a URL as target; write {\"target\": \"postgres://db/shop\", \"options\": " \
	"{\"sslmode\": \"require\"}}"
#define KINDS_HELP \
	"this is neither a target nor a group; write {\"target\": \"db:5432\"}, {\"any\": [...]} or {\"all\": [...]}"
#define NAME_HELP  "\"name\" is the prefix of variables: letters, digits and '_', and no digit first; write \"DB\""
#define ONCE_HELP  "--once makes one attempt and --successes 2 needs 2; leave out one"
#define TWICE_HELP "the target has two names; leave out \"name\" or the text up to the '='"

static void test_refused(void **state)
{
	static const struct refuse_row rows[] = {
		{"", "", "1:1: the text is empty; write a value, such as {}"},
		{"[\"a:1\"]", "", "1:1: a configuration must be an object; write {\"targets\": [\"db:5432\"]}"},
		{"\n null", "", "2:2: a configuration must be an object; write {\"targets\": [\"db:5432\"]}"},
		{"{\"targets\": \"a:1\"}", "", "1:13: \"targets\" must be an array of targets"},
		{"{\"targets\": {\"db\": \"a:1\"}}", "", "1:13: \"targets\" must be an array of targets"},
		{"{\"targets\": null}", "", "1:13: \"targets\" must be an array of targets"},
		{"{\"targets\": [\"a:1\", 5]}", "", "1:21: a target must be a string that is not empty"},
		{"{\"targets\": [null]}", "", "1:14: a target must be a string that is not empty"},
		{"{\"targets\": [[\"a:1\"]]}", "", "1:14: a target must be a string that is not empty"},
		{"{\"targets\": [\"\"]}", "", "1:14: a target must be a string that is not empty"},
		{"{\"targets\": [{\"target\": 5}]}", "", "1:25: \"target\" must be a string that is not empty"},
		{"{\"targets\": [{\"target\": \"\"}]}", "", "1:25: \"target\" must be a string that is not empty"},
		{"{\"targets\": [{\"target\": {\"target\": \"a:1\"}}]}", "",
		 "1:25: \"target\" must be a string that is not empty"},
		{"{\"targets\": [{}]}", "", "1:14: " KINDS_HELP},
		{"{\"targets\": [{\"name\": \"X\"}]}", "", "1:14: " KINDS_HELP},
		{"{\"targets\": [{\"targets\": [\"a:1\"]}]}", "", "1:14: " KINDS_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"any\": []}]}", "",
		 "1:32: \"target\" and \"any\" cannot be used together; leave out one"},
		{"{\"targets\": [{\"all\": [], \"any\": []}]}", "",
		 "1:15: \"any\" and \"all\" cannot be used together; leave out one"},
		{"{\"targets\": [{\"any\": []}]}", "", "1:22: \"any\" has no targets"},
		{"{\"targets\": [\"a:1\", {\"all\":\n []}]}", "", "2:2: \"all\" has no targets"},
		{"{\"targets\": [{\"any\": {\"all\": []}}]}", "", "1:22: \"any\" must be an array of targets"},
		{"{\"targets\": [{\"any\": true}]}", "", "1:22: \"any\" must be an array of targets"},
		{"{\"targets\": [{\"any\": [\"a:1\", {\"all\": 1}]}]}", "",
		 "1:38: \"all\" must be an array of targets"},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": 5}]}", "",
		 "1:40: \"name\" must be a string that is not empty"},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"\"}]}", "",
		 "1:40: \"name\" must be a string that is not empty"},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"my db\"}]}", "", "1:40: " NAME_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"1st\"}]}", "", "1:40: " NAME_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"A=B\"}]}", "", "1:40: " NAME_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"x://y\"}]}", "", "1:40: " NAME_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"name\": \"${N}\"}]}", "", "1:40: " NAME_HELP},
		{"{\"targets\": [{\"any\": [\"a:1\"], \"name\": \"\\u00e9\"}]}", "", "1:39: " NAME_HELP},
		{"{\"targets\": [{\"target\": \"A=a:1\", \"name\": \"B\"}]}", "", "1:25: " TWICE_HELP},
		{"{\"targets\": [{\"target\": \"a:1\", \"options\": {\"a\": \"b\"}}]}", "", "1:32: " OPTIONS_HELP},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": \"a=b\"}]}", "", "1:41: " OPTIONS_HELP},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": []}]}", "", "1:41: " OPTIONS_HELP},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": {\"keepalives\": {}}}]}", "",
		 "1:67: \"keepalives\" must be a string, a number, true or false, or an array of these"},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": {\"user\": \"${NONE}\"}}]}", "",
		 "1:61: the variable NONE is not set; set it or write ${NONE:-default}"},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": {\"a&b\": 1}}]}", "",
		 "1:53: \"a&***\" is not the name of a URL parameter; write one such as \"sslmode\""},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": {\"ssl mode\": 1}}]}", "",
		 "1:53: \"ssl mode\" is not the name of a URL parameter; write one such as \"sslmode\""},
		{"{\"targets\": [{\"target\": \"postgres://a\", \"options\": {\"\": 1}}]}", "",
		 "1:53: \"\" is not the name of a URL parameter; write one such as \"sslmode\""},
		{"{\"targets\": [{\"any\": [\"a:1\"], \"options\": {}}]}", "",
		 "1:31: unknown key \"options\"; known keys are in waitfor(1)"},
		{"{\"targets\": [\"a:1\", \"${NONE}:1\"]}", "",
		 "1:21: the variable NONE is not set; set it or write ${NONE:-default}"},
		{"{\"targets\": [\"a:1\",\n\t\"b:0\"]}", "",
		 "2:2: target \"b:0\": \"0\" is not a port; write a number from 1 to 65535"},
		{"{\"tagets\": [\"a:1\"]}", "", "1:2: unknown key \"tagets\"; did you mean \"targets\"?"},
		{"{\"target\": \"a:1\"}", "", "1:2: unknown key \"target\"; did you mean \"targets\"?"},
		{"{\"time-out\": 1}", "", "1:2: unknown key \"time-out\"; did you mean \"timeout\"?"},
		{"{\"config\": \"x\"}", "",
		 "1:2: \"config\" may be set only on the command line and in the environment"},
		{"{\"help\": true}", "", "1:2: \"help\" may be set only on the command line"},
		{"{\"version\": true}", "", "1:2: \"version\" may be set only on the command line"},
		{"{\"name\": \"X\"}", "", "1:2: unknown key \"name\"; known keys are in waitfor(1)"},
		{"{\"targets\": [{\"taget\": \"x\", \"target\": \"a:1\"}]}", "",
		 "1:15: unknown key \"taget\"; did you mean \"target\"?"},
		{"{\"targets\": [{\"nam\": \"x\", \"target\": \"a:1\"}]}", "",
		 "1:15: unknown key \"nam\"; did you mean \"name\"?"},
		{"{\"targets\": [{\"target\": \"a:1\", \"succeses\": 2}]}", "",
		 "1:32: unknown key \"succeses\"; did you mean \"successes\"?"},
		{"{\"targets\": [{\"target\": \"a:1\", \"interval\": 2}]}", "",
		 "1:32: unknown key \"interval\"; known keys are in waitfor(1)"},
		{"{\"targets\": [{\"target\": \"a:1\", \"once\": true}]}", "",
		 "1:32: \"once\" is a setting of the whole wait, not of one target; write it outside of \"targets\""},
		{"{\"targets\": [{\"any\": [\"a:1\"], \"quiet\": true}]}", "",
		 "1:31: \"quiet\" is a setting of the whole wait, not of one target; write it outside of \"targets\""},
		{"{\"attempt-timeout\": 0}", "",
		 "1:21: \"attempt-timeout\": \"0\" is too short; write a time above 0, such as 3s"},
		{"{\"targets\": [{\"any\": [\"a:1\"], \"attempt-timeout\": \"0s\"}]}", "",
		 "1:50: \"attempt-timeout\": \"0s\" is too short; write a time above 0, such as 3s"},
		/* The same, although a later source would overrule it. */
		{"{\"timeout\": \"x\"}", "-t1 a:1",
		 "1:13: \"timeout\": \"x\" is not a duration; write 500ms, 10s, 1m30s or a number of seconds"},
		{"{\"once\": true, \"successes\": 2}", "a:1", "1:16: " ONCE_HELP},
		{"{\"targets\": [\"a:1,db:99999\"]}", "",
		 "1:14: target \"db:99999\": \"99999\" is not a port; write a number from 1 to 65535"},
		{"{\"once\": true, \"targets\": [{\"target\": \"a:1\", \"successes\": 2}]}", "", "1:46: " ONCE_HELP},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;
		char *expected;

		load_open(&load, rows[i].text, rows[i].words, (const char *const[]){NULL});
		expected = alloc_format("%s:%s", load.path, rows[i].error);
		check_int(rows[i].text, load.result, -1);
		check_text(rows[i].text, load.err.text, expected);
		check_text(rows[i].text, unit_log_text(&load.log), "");
		free(expected);
		load_close(&load);
	}
}

/* FIELD 17: the command line wins over what contradicts it in the file. */
static void test_the_higher_source_wins(void **state)
{
	static const struct {
		const char *text, *words;
		int once, successes;
	} rows[] = {
		{"{\"successes\": 2}", "--once a:1", 1, 1},
		{"{\"once\": true}", "--successes=2 a:1", 0, 2},
		{"{\"targets\": [{\"any\": [\"a:1\"], \"successes\": 2}]}", "--once", 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;

		load_open(&load, rows[i].text, rows[i].words, (const char *const[]){NULL});
		check_text(rows[i].text, load.err.text, "");
		check_int(rows[i].text, load.config.plan.once, rows[i].once);
		check_int(rows[i].text, load.config.plan.targets[0].settings.successes, rows[i].successes);
		load_close(&load);
	}
}

/* FIELD 13: an entry with commas is several targets, each with what the entry has. */
static void test_commas(void **state)
{
	static const char text[] = "{\"targets\": [{\"any\": [{\"target\": \"a:1,b:2\", \"timeout\": 7}, \"c:3\"]}]}";
	struct load load;

	(void)state;
	load_open(&load, text, "", (const char *const[]){NULL});
	check_text("commas", load.err.text, "");
	check_int("targets", (long long)load.config.plan.target_count, 3);
	for (size_t i = 0; i < load.config.plan.target_count; i++) {
		check_int("group", (long long)load.config.plan.targets[i].group, 1);
		check("origin", load.config.plan.targets[i].origin != NULL);
		check_int("timeout", load.config.plan.targets[i].settings.timeout, (i < 2 ? 7 : 60) * CLOCK_S);
	}
	load_close(&load);
}

/* A text that a field points to must live on: "links" is a flag that may be one. */
static void test_links(void **state)
{
	struct load load;

	(void)state;
	load_open(&load, "{\"links\": \"optional,-web\", \"targets\": [\"a:1\"]}", "", (const char *const[]){NULL});
	check_int("links", load.config.links, CONFIG_LINKS_OPTIONAL);
	check_text("without", load.config.links_without, "-web");
	load_close(&load);
}

/* An error in the command line or the environment has no place in the file. */
static void test_refused_elsewhere(void **state)
{
	static const char text[] = "{\"successes\": 3, \"once\": false, \"targets\": [\"a:1\"]}";
	struct load load;

	(void)state;
	load_open(&load, text, "--once --successes=2", (const char *const[]){NULL});
	check_text("overruled", load.err.text, ONCE_HELP);
	load_close(&load);
	load_open(&load, text, "--once --successes=1", (const char *const[]){NULL});
	check_text("and mended", load.err.text, "");
	load_close(&load);
	load_open(&load, "{\"tagets\": []}", "--timeout=x", (const char *const[]){NULL});
	check_has("the command line is read first", load.err.text, "--timeout: \"x\"");
	load_close(&load);
	load_open(&load, "{\"targets\": []}", "", (const char *const[]){NULL});
	check_has("an empty list", load.err.text, "no target; ");
	load_close(&load);
}

/* Different kinds of errors; none shows a part of the password. */
static void test_no_secrets(void **state)
{
	static const char *const texts[] = {
		"{\"targets\": [\"postgres://me:hunter@db:0/x\"]}",
		"{\"targets\": [{\"target\": \"postgres://me:hunter@db:0/x\", \"options\": {\"sslmode\": \"require\"}}]}",
		"{\"targets\": [{\"target\": \"postgres://db:0/x\", \"options\": {\"password\": \"hunter\"}}]}",
		"{\"targets\": [{\"target\": \"postgres://db:0/x\", \"options\": {\"pasword\": \"hunter\"}}]}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"options\": {\"password\": [[\"hunter\"]]}}]}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"options\": {\"password\": \"${NONE:=hunter}\"}}]}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"options\": \"password=hunter\"}]}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"password\": \"hunter\"}]}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"name\": \"hun ter hunter\"}]}",
		"{\"targets\": [{\"target\": {\"password\": \"hunter\"}}]}",
		"{\"targets\": [[\"postgres://me:hunter@db/x\"]]}",
		"{\"targets\": {\"postgres://me:hunter@db/x\": {}}}",
		"{\"targets\": [{\"postgres://me:hunter@db/x\": {}}]}",
		"{\"targets\": \"postgres://me:hunter@db/x\"}",
		"{\"postgres://me:hunter@db/x\": {}}",
		"{\"postgres://me:hunter@db/x\": 1, \"postgres://me:hunter@db/x\": 2}",
		"{\"targets\": [{\"target\": \"postgres://db/x\", \"options\": {\"postgres://me:hunter@db/x\": 1}}]}",
		"{\"password\": \"hunter\"}",
		"{\"timeout\": \"postgres://me:hunter@db/x\"}",
		"{\"timeout\": [\"hunter\"]}",
		"\"postgres://me:hunter@db/x\"",
		"postgres://me:hunter@db/x",
		"{\"targets\": [\"postgres://me:hunter@db/x\"",
		"{\"targets\": [\"postgres://me:hunter@db/x]}",
		"{\"targets\": [\"postgres://me:hunter\\x@db/x\"]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct load load;

		load_open(&load, texts[i], "-v", (const char *const[]){NULL});
		check_int(texts[i], load.result, -1);
		check(texts[i], load.err.text[0]);
		check_lacks(texts[i], load.err.text, "hunter");
		check_lacks(texts[i], load.err.text, "hun ter");
		check_lacks(texts[i], unit_log_text(&load.log), "hunter");
		load_close(&load);
	}
}

struct notice_row {
	const char *name, *text, *words, *found[ENTRIES];
	const char *notice; /* what follows the path; NULL: no notice */
};

/* A notice says why the file's targets are ignored. */
static void test_notice(void **state)
{
	static const char listed[] = "{\"targets\": [\"a:1\"]}";
	static const struct notice_row rows[] = {
		{"the file's", listed, "", {NULL}, NULL},
		{"none in the file", "{\"timeout\": 1}", "b:1", {NULL}, NULL},
		{"an empty list", "{\"targets\": []}", "b:1", {NULL}, NULL},
		{"the command line's", listed, "b:1", {NULL}, ", because the command line gives targets"},
		{"the environment's", listed, "", {"WAITFOR_TARGETS=b:1"}, ", because WAITFOR_TARGETS gives targets"},
		{"both", listed, "c:1", {"WAITFOR_TARGETS=b:1"}, ", because the command line gives targets"},
		{"quiet", listed, "-q b:1", {NULL}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load load;
		char *expected;

		load_open(&load, rows[i].text, rows[i].words, rows[i].found);
		expected = rows[i].notice
				   ? alloc_format("waitfor: ignoring the targets in %s%s\n", load.path, rows[i].notice)
				   : alloc_text("");
		check_text(rows[i].name, load.err.text, "");
		check_text(rows[i].name, unit_log_text(&load.log), expected);
		free(expected);
		load_close(&load);
	}
}

/* --help and --version do not read the file, which may be wrong. */
static void test_actions(void **state)
{
	static const char *const words[] = {"--help", "--version", "--help=json"};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct load load;

		load_open(&load, "{", words[i], (const char *const[]){NULL});
		check_int(words[i], load.result, 0);
		check(words[i], load.config.action != CONFIG_WAIT);
		load_close(&load);
	}
}

/* The deepest nesting that is accepted; a group takes two levels. */
static void test_deep_groups(void **state)
{
	enum { GROUPS = 498 };
	struct buf text = {0};
	struct load load;

	(void)state;
	buf_add_text(&text, "{\"targets\": [");
	for (size_t i = 0; i < GROUPS; i++)
		buf_add_text(&text, "{\"any\": [");
	buf_add_text(&text, "\"a:1\"");
	for (size_t i = 0; i < GROUPS; i++)
		buf_add_text(&text, "], \"timeout\": 5}");
	buf_add_text(&text, "]}");
	load_open(&load, text.data, "", (const char *const[]){NULL});
	check_text("deep", load.err.text, "");
	check_int("deep", (long long)load.config.plan.group_count, GROUPS + 1);
	check_int("deep", (long long)load.config.plan.targets[0].group, GROUPS);
	check_int("deep", load.config.plan.targets[0].settings.timeout, 5 * CLOCK_S);
	load_close(&load);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_the_higher_source_wins),
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_refused_elsewhere),
		cmocka_unit_test(test_no_secrets),
		cmocka_unit_test(test_notice),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_deep_groups),
	};

	return unit_main(tests);
}
