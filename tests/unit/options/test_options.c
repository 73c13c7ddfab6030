#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "options/argv.h"
#include "options/options.h"

struct fields {
	int64_t time, pause;
	int loud, tone, down, form, times;
	const char *file, *server;
	struct options_list reports, headers;
};

static const struct options_row option_rows[] = {
	{.key = "time",
	 .letter = 't',
	 .type = OPTIONS_DURATION,
	 .offset = offsetof(struct fields, time),
	 .initial = "60s",
	 .arg = "TIME",
	 .help = "a duration with a default"},
	{.key = "max-pause",
	 .type = OPTIONS_DURATION,
	 .value = 1,
	 .offset = offsetof(struct fields, pause),
	 .arg = "TIME",
	 .help = "one without letter and default, that must not be 0"},
	{.key = "loud",
	 .letter = 'l',
	 .type = OPTIONS_FLAG,
	 .value = 1,
	 .offset = offsetof(struct fields, loud),
	 .help = "a flag"},
	{.key = "high",
	 .letter = 'h',
	 .type = OPTIONS_FLAG,
	 .value = 5,
	 .offset = offsetof(struct fields, tone),
	 .help = "one of two that share a field"},
	{.key = "deep-voice",
	 .letter = 'd',
	 .type = OPTIONS_FLAG,
	 .value = 6,
	 .offset = offsetof(struct fields, tone),
	 .help = "the other"},
	{.key = "down",
	 .type = OPTIONS_FLAG,
	 .value = 1,
	 .choices = "absent",
	 .offset = offsetof(struct fields, down),
	 .help = "a flag that takes a word"},
	{.key = "secret-flag",
	 .type = OPTIONS_FLAG,
	 .value = 9,
	 .where = OPTIONS_ARGV_ONLY,
	 .offset = offsetof(struct fields, loud),
	 .help = "command line only"},
	{.key = "form",
	 .type = OPTIONS_WORD,
	 .choices = "auto|lines|json",
	 .offset = offsetof(struct fields, form),
	 .initial = "lines",
	 .arg = "FORM",
	 .help = "one of several words"},
	{.key = "times",
	 .letter = 'n',
	 .type = OPTIONS_COUNT,
	 .value = 1,
	 .offset = offsetof(struct fields, times),
	 .initial = "1",
	 .arg = "N",
	 .help = "a number"},
	{.key = "file",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct fields, file),
	 .where = OPTIONS_NOT_IN_FILE,
	 .names_file = true,
	 .arg = "FILE",
	 .help = "the name of a file"},
	{.key = "server",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct fields, server),
	 .arg = "URL",
	 .help = "a text"},
	{.key = "header",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct fields, headers),
	 .arg = "TEXT",
	 .help = "texts"},
	{.key = "report",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct fields, reports),
	 .names_file = true,
	 .arg = "FILE",
	 .help = "names of files"},
	{.key = "targets", .type = OPTIONS_NO_FIELD, .where = OPTIONS_ENV_ONLY, .help = "environment only"},
};

static const struct options_table option_table = {option_rows, COUNT(option_rows)};

enum { WORDS = 8 };

static void check_fields(const char *row, const struct fields *fields, const struct fields *expected)
{
	check_int(row, fields->time, expected->time);
	check_int(row, fields->pause, expected->pause);
	check_int(row, fields->loud, expected->loud);
	check_int(row, fields->tone, expected->tone);
	check_int(row, fields->down, expected->down);
	check_int(row, fields->form, expected->form);
	check_int(row, fields->times, expected->times);
	check_text(row, fields->file, expected->file);
}

static void test_env_names(void **state)
{
	char *name = options_env_name(&option_rows[1]);

	(void)state;
	check_text("max-pause", name, "WAITFOR_MAX_PAUSE");
	free(name);
}

static void test_defaults(void **state)
{
	static const struct options_row wrong[] = {
		{.key = "time", .type = OPTIONS_DURATION, .offset = offsetof(struct fields, time), .initial = "x"}};
	static const struct options_table wrong_table = {wrong, 1};
	static const struct fields expected = {.time = 60 * CLOCK_S, .form = 1, .times = 1};
	enum options_source sources[COUNT(option_rows)];
	struct fields fields = {0};
	const struct options_values values = {&fields, sources};
	struct error err = {0};

	(void)state;
	check_int("defaults", options_load_defaults(&option_table, &values, &err), 0);
	check_fields("defaults", &fields, &expected);
	check_int("a wrong default", options_load_defaults(&wrong_table, &values, &err), -1);
	check_has("a wrong default", err.text, "--time");
}

struct env_row {
	const char *name;
	const char *found[WORDS];
	struct fields expected;
	const char *message; /* of the failure; NULL: none */
};

static void test_env(void **state)
{
	static const struct env_row rows[] = {
		{"nothing", {"PATH=/bin"}, {.time = 7}, NULL},
		{"durations",
		 {"WAITFOR_TIME=5", "WAITFOR_MAX_PAUSE=1m30s"},
		 {.time = 5 * CLOCK_S, .pause = 90 * CLOCK_S},
		 NULL},
		{"a flag", {"WAITFOR_LOUD=true"}, {.time = 7, .loud = 1}, NULL},
		{"1", {"WAITFOR_LOUD=1"}, {.time = 7, .loud = 1}, NULL},
		{"yes", {"WAITFOR_LOUD=YES"}, {.time = 7, .loud = 1}, NULL},
		{"on", {"WAITFOR_LOUD=on"}, {.time = 7, .loud = 1}, NULL},
		{"false", {"WAITFOR_LOUD=false"}, {.time = 7}, NULL},
		{"0, no, off", {"WAITFOR_LOUD=0", "WAITFOR_HIGH=no", "WAITFOR_DOWN=off"}, {.time = 7}, NULL},
		{"its own value", {"WAITFOR_HIGH=true"}, {.time = 7, .tone = 5}, NULL},
		{"off takes back only what this row switched on",
		 {"WAITFOR_HIGH=true", "WAITFOR_DEEP_VOICE=false"},
		 {.time = 7, .tone = 5},
		 NULL},
		{"the word", {"WAITFOR_DOWN=absent"}, {.time = 7, .down = 2}, NULL},
		/* Compose passes unset variables as empty ones. */
		{"set to nothing", {"WAITFOR_TIME=", "WAITFOR_LOUD=", "WAITFOR_DOWN="}, {.time = 7}, NULL},
		{"command line only", {"WAITFOR_SECRET_FLAG=true"}, {.time = 7}, NULL},
		{"lower case is another variable", {"waitfor_time=5"}, {.time = 7}, NULL},
		{"a word of several", {"WAITFOR_FORM=json"}, {.time = 7, .form = 2}, NULL},
		{"the first of them", {"WAITFOR_FORM=auto"}, {.time = 7, .form = 0}, NULL},
		{"a number", {"WAITFOR_TIMES=12"}, {.time = 7, .times = 12}, NULL},
		{"a text", {"WAITFOR_FILE=a b"}, {.time = 7, .file = "a b"}, NULL},
		{"none of the words",
		 {"WAITFOR_FORM=xml"},
		 {.time = 7},
		 "WAITFOR_FORM: \"xml\" is not known; write auto, lines or json"},
		{"part of a word", {"WAITFOR_FORM=jso"}, {.time = 7}, "WAITFOR_FORM: \"jso\""},
		{"two words", {"WAITFOR_FORM=auto|lines"}, {.time = 7}, "WAITFOR_FORM: \"auto|lines\""},
		{"less than the least",
		 {"WAITFOR_TIMES=0"},
		 {.time = 7},
		 "WAITFOR_TIMES: \"0\" is not a number from 1"},
		{"more than the most", {"WAITFOR_TIMES=1000001"}, {.time = 7}, "WAITFOR_TIMES: \"1000001\""},
		{"far more", {"WAITFOR_TIMES=99999999999999999999"}, {.time = 7}, "WAITFOR_TIMES"},
		{"no number", {"WAITFOR_TIMES=two"}, {.time = 7}, "WAITFOR_TIMES: \"two\""},
		{"a number and more", {"WAITFOR_TIMES=2x"}, {.time = 7}, "WAITFOR_TIMES: \"2x\""},
		{"below zero", {"WAITFOR_TIMES=-1"}, {.time = 7}, "WAITFOR_TIMES: \"-1\""},
		{"a bad duration", {"WAITFOR_TIME=10x"}, {.time = 7}, "WAITFOR_TIME: \"10x\" is not a duration"},
		{"a bad flag", {"WAITFOR_LOUD=maybe"}, {.time = 7}, "WAITFOR_LOUD: \"maybe\""},
		{"a bad word", {"WAITFOR_DOWN=gone"}, {.time = 7}, "absent"},
		{"a word of another row", {"WAITFOR_LOUD=absent"}, {.time = 7}, "WAITFOR_LOUD"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum options_source sources[COUNT(option_rows)] = {OPTIONS_DEFAULT};
		struct fields fields = {.time = 7};
		const struct options_values values = {&fields, sources};
		struct error err = {0};
		struct env env;

		env_copy(&env, (char *const *)rows[i].found);
		check_int(rows[i].name, options_load_env(&option_table, &env, &values, &err), rows[i].message ? -1 : 0);
		check_int(rows[i].name, err.set, rows[i].message != NULL);
		check_fields(rows[i].name, &fields, &rows[i].expected);
		if (rows[i].message)
			check_has(rows[i].name, err.text, rows[i].message);
		env_release(&env);
	}
}

struct argv_row {
	const char *name;
	const char *words[WORDS]; /* after argv[0] */
	struct fields expected;
	const char *operands; /* joined by blanks */
	int rest;
};

static void check_argv(const struct argv_row *row)
{
	char *argv[WORDS + 2] = {(char *)"waitfor"}, *operands[WORDS + 2], joined[128] = "";
	enum options_source sources[COUNT(option_rows)] = {OPTIONS_DEFAULT};
	struct fields fields = {.time = 7};
	const struct options_values values = {&fields, sources};
	struct error err = {0};
	size_t count = 99;
	int argc = 1, rest = -1;

	for (; row->words[argc - 1]; argc++)
		argv[argc] = (char *)row->words[argc - 1];
	check_int(row->name, argv_load(&option_table, argc, argv, &values, operands, &count, &rest, &err), 0);
	check_fields(row->name, &fields, &row->expected);
	for (size_t i = 0; i < count; i++)
		snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s", i ? " " : "", operands[i]);
	check_text(row->name, joined, row->operands);
	check_int(row->name, rest, row->rest);
}

static void test_argv(void **state)
{
	static const struct argv_row rows[] = {
		{"nothing", {NULL}, {.time = 7}, "", 1},
		{"operands", {"db:5432", "web"}, {.time = 7}, "db:5432 web", 3},
		{"up to --", {"db", "--", "app", "-x", "--loud"}, {.time = 7}, "db", 3},
		{"nothing behind --", {"db", "--"}, {.time = 7}, "db", 3},
		{"only the first -- counts", {"--", "--", "x"}, {.time = 7}, "", 2},
		{"options and operands mix",
		 {"a", "-l", "b", "-t", "5", "c"},
		 {.time = 5 * CLOCK_S, .loud = 1},
		 "a b c",
		 7},
		{"long with a blank", {"--time", "5s", "db"}, {.time = 5 * CLOCK_S}, "db", 4},
		{"long with =", {"--time=5s", "--max-pause=1"}, {.time = 5 * CLOCK_S, .pause = CLOCK_S}, "", 3},
		{"short with a blank", {"-t", "5s", "db"}, {.time = 5 * CLOCK_S}, "db", 4},
		{"short without", {"-t5s", "db"}, {.time = 5 * CLOCK_S}, "db", 3},
		{"short ones together", {"-lh"}, {.time = 7, .loud = 1, .tone = 5}, "", 2},
		{"together with a value", {"-lt5", "db"}, {.time = 5 * CLOCK_S, .loud = 1}, "db", 3},
		{"together, the value next", {"-lt", "5", "db"}, {.time = 5 * CLOCK_S, .loud = 1}, "db", 4},
		{"a flag takes no operand", {"--loud", "true"}, {.time = 7, .loud = 1}, "true", 3},
		{"a flag off", {"--loud", "--loud=false"}, {.time = 7}, "", 3},
		{"a word", {"--down=absent"}, {.time = 7, .down = 2}, "", 2},
		{"a word, plain", {"--down", "absent"}, {.time = 7, .down = 1}, "absent", 3},
		{"the word's flag off", {"--down=absent", "--down=no"}, {.time = 7}, "", 3},
		{"the last wins", {"-t1", "-t2", "-h", "-d"}, {.time = 2 * CLOCK_S, .tone = 6}, "", 5},
		{"command line only", {"--secret-flag"}, {.time = 7, .loud = 9}, "", 2},
		{"a word of several", {"--form=json"}, {.time = 7, .form = 2}, "", 2},
		{"a number", {"-n3", "db"}, {.time = 7, .times = 3}, "db", 3},
		{"a text", {"--file", "-"}, {.time = 7, .file = "-"}, "", 3},
		{"a lone dash is an operand", {"-"}, {.time = 7}, "-", 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_argv(&rows[i]);
}

struct refuse_row {
	const char *words[WORDS];
	const char *message;
};

/* The error names the argument and the fix, "with a hint at the nearest valid option where one is misspelt". */
static void test_argv_refuses(void **state)
{
	static const struct refuse_row rows[] = {
		{{"--tine", "5"}, "--tine; did you mean --time?"},
		{{"--tim=5"}, "did you mean --time?"},
		{{"--itme=5"}, "did you mean --time?"},
		{{"--max-puase=5"}, "did you mean --max-pause?"},
		{{"--maxpause=5"}, "did you mean --max-pause?"},
		{{"--deep"}, "did you mean --deep-voice?"},
		{{"--LOUD"}, "unknown option --LOUD; see waitfor --help"},
		{{"--something-else"}, "unknown option --something-else; see waitfor --help"},
		{{"--an-option-that-is-far-longer-than-any-there-is"}, "see waitfor --help"},
		{{"--=x"}, "unknown option --"},
		{{"--targets=db"}, "unknown option --targets"},
		{{"-x"}, "unknown option -x"},
		{{"-lx"}, "unknown option -x"},
		{{"--time"}, "--time needs"},
		{{"--time", "--", "app"}, "--time needs"},
		{{"-t"}, "--time needs"},
		{{"-lt", "--", "app"}, "--time needs"},
		{{"--time="}, "--time: \"\" is not a duration"},
		{{"--time=10x"}, "--time: \"10x\" is not a duration"},
		{{"-t", "10x"}, "\"10x\" is not a duration"},
		{{"-t-5"}, "\"-5\" is not a duration"},
		{{"--max-pause=0"}, "--max-pause: \"0\" is too short; write a time above 0, such as 3s"},
		{{"--loud=maybe"}, "--loud: \"maybe\""},
		{{"--loud="}, "--loud: \"\""},
		{{"--down=gone"}, "absent"},
		{{"--form"}, "--form needs a word; write --form auto"},
		{{"--form", "--"}, "--form needs a word"},
		{{"--form="}, "--form: \"\" is not known; write auto, lines or json"},
		{{"-n"}, "--times needs an argument; write --times N"},
		{{"--file"}, "--file needs an argument; write --file FILE"},
		{{"--file="}, "--file: FILE is missing"},
		/* A target in place of a missing value: its password is not shown. */
		{{"--time", "postgres://me:hunter@db/x"}, "--time: \"postgres://me:***@db/x\" is not a duration"},
		{{"-n", "postgres://me:hunter@db/x"}, "\"postgres://me:***@db/x\" is not a number"},
		{{"--loud=postgres://me:hunter@db/x"}, "\"postgres://me:***@db/x\" is not known; write true or false"},
		{{"--form", "postgres://me:hunter@db/x"}, "\"postgres://me:***@db/x\" is not known; write auto"},
		{{"--file", "postgres://me:hunter@db/x"},
		 "--file: \"postgres://me:***@db/x\" is a URL, not a file; write --file FILE"},
		{{"--report=a", "--report=tcp://db:1"}, "--report: \"tcp://db:1\" is a URL, not a file"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *argv[WORDS + 2] = {(char *)"waitfor"}, *operands[WORDS + 2];
		enum options_source sources[COUNT(option_rows)] = {OPTIONS_DEFAULT};
		struct fields fields = {0};
		const struct options_values values = {&fields, sources};
		struct error err = {0};
		size_t count;
		int argc = 1, rest;

		for (; rows[i].words[argc - 1]; argc++)
			argv[argc] = (char *)rows[i].words[argc - 1];
		check_int(argv[1], argv_load(&option_table, argc, argv, &values, operands, &count, &rest, &err), -1);
		check_has(argv[1], err.text, rows[i].message);
		free(fields.reports.items);
		free(fields.headers.items);
	}
}

static void check_reports(const char *row, const struct fields *fields, const char *first, const char *second)
{
	check_int(row, fields->reports.count, !!first + !!second);
	for (size_t i = 0; i < fields->reports.count; i++)
		check_text(row, fields->reports.items[i], i ? second : first);
}

/* The source of each value is remembered. All items of a list come from one source. */
static void test_sources_and_lists(void **state)
{
	static const char *const found[] = {"WAITFOR_REPORT=a", "WAITFOR_TIMES=2", NULL};
	char *argv[] = {(char *)"waitfor", (char *)"--report=b", (char *)"--report", (char *)"c", (char *)"-l", NULL};
	enum options_source sources[COUNT(option_rows)];
	char *operands[COUNT(argv)];
	struct fields fields = {0};
	const struct options_values values = {&fields, sources};
	struct error err = {0};
	struct env env;
	size_t count;
	int rest;

	(void)state;
	env_copy(&env, (char *const *)found);
	check_int("defaults", options_load_defaults(&option_table, &values, &err), 0);
	check_int("environment", options_load_env(&option_table, &env, &values, &err), 0);
	check_reports("environment", &fields, "a", NULL);
	check_int("argv", argv_load(&option_table, 5, argv, &values, operands, &count, &rest, &err), 0);
	check_reports("argv", &fields, "b", "c");
	for (size_t i = 0; i < option_table.count; i++) {
		const char *key = option_rows[i].key;

		check_int(key, sources[i],
			  strcmp(key, "times") == 0                                ? OPTIONS_ENV
			  : strcmp(key, "report") == 0 || strcmp(key, "loud") == 0 ? OPTIONS_ARGV
										   : OPTIONS_DEFAULT);
	}
	free(fields.reports.items);
	env_release(&env);
}

/* A URL is refused only by rows with names_file. */
static void test_texts_that_may_be_urls(void **state)
{
	char *argv[] = {(char *)"waitfor", (char *)"--server=http://a:1/b", (char *)"--header=x: y://z", NULL};
	enum options_source sources[COUNT(option_rows)] = {OPTIONS_DEFAULT};
	char *operands[COUNT(argv)];
	struct fields fields = {0};
	const struct options_values values = {&fields, sources};
	struct error err = {0};
	size_t count;
	int rest;

	(void)state;
	check_int("argv", argv_load(&option_table, 3, argv, &values, operands, &count, &rest, &err), 0);
	check_text("error", err.text, "");
	check_text("text", fields.server, "http://a:1/b");
	check_int("list", (long long)fields.headers.count, 1);
	check_text("list", fields.headers.count ? fields.headers.items[0] : NULL, "x: y://z");
	free(fields.headers.items);
}

struct warn_row {
	const char *entry, *warning; /* NULL: none */
};

static void test_misspelt_variables(void **state)
{
	static const struct warn_row rows[] = {
		{"WAITFOR_TINE=5", "WAITFOR_TINE is not a setting; did you mean WAITFOR_TIME?"},
		{"WAITFOR_MAXPAUSE=5", "WAITFOR_MAX_PAUSE?"},
		{"WAITFOR_TARGET=db:5432", "WAITFOR_TARGETS?"},
		{"WAITFOR_TIME=5", NULL},
		{"WAITFOR_TARGETS=db", NULL},
		{"WAITFOR_SOMETHING_ELSE=5", NULL},
		{"WAITFOR_=5", NULL},
		{"WAITFOR_", NULL},
		{"TINE=5", NULL},
		{"MY_WAITFOR_TINE=5", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const found[] = {"PATH=/bin", rows[i].entry, NULL};
		struct unit_log log;
		struct env env;

		unit_log_open(&log);
		env_copy(&env, (char *const *)found);
		options_warn_misspelt(&option_table, &env, &log.log);
		check_int(rows[i].entry, unit_log_text(&log)[0] != '\0', rows[i].warning != NULL);
		if (rows[i].warning)
			check_has(rows[i].entry, log.text, rows[i].warning);
		env_release(&env);
		unit_log_close(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env_names),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_argv_refuses),
		cmocka_unit_test(test_texts_that_may_be_urls),
		cmocka_unit_test(test_misspelt_variables),
		cmocka_unit_test(test_sources_and_lists),
	};

	return unit_main(tests);
}
