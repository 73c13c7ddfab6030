/* options/json.c: settings from a JSON object, and the errors for what is wrong in it. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "options/json.h"

struct fields {
	int64_t time, pause;
	int loud, tone, down, form, times;
	const char *note;
	struct options_list reports;
};

/* In the order of the enum below. */
static const struct options_row option_rows[] = {
	{.key = "time",
	 .type = OPTIONS_DURATION,
	 .offset = offsetof(struct fields, time),
	 .arg = "TIME",
	 .per_target = true},
	{.key = "max-pause",
	 .type = OPTIONS_DURATION,
	 .value = 1,
	 .offset = offsetof(struct fields, pause),
	 .arg = "TIME",
	 .per_target = true},
	{.key = "loud", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct fields, loud)},
	{.key = "high", .type = OPTIONS_FLAG, .value = 5, .offset = offsetof(struct fields, tone)},
	{.key = "deep-voice", .type = OPTIONS_FLAG, .value = 6, .offset = offsetof(struct fields, tone)},
	{.key = "down", .type = OPTIONS_FLAG, .value = 1, .choices = "absent", .offset = offsetof(struct fields, down)},
	{.key = "form",
	 .type = OPTIONS_WORD,
	 .choices = "auto|lines|json",
	 .offset = offsetof(struct fields, form),
	 .arg = "FORM"},
	{.key = "times",
	 .type = OPTIONS_COUNT,
	 .value = 1,
	 .offset = offsetof(struct fields, times),
	 .arg = "N",
	 .per_target = true},
	{.key = "note", .type = OPTIONS_TEXT, .offset = offsetof(struct fields, note), .arg = "TEXT"},
	{.key = "report", .type = OPTIONS_LIST, .offset = offsetof(struct fields, reports), .arg = "FILE"},
	{.key = "help", .type = OPTIONS_FLAG, .value = 9, .where = OPTIONS_ARGV_ONLY},
	{.key = "file", .type = OPTIONS_TEXT, .where = OPTIONS_NOT_IN_FILE, .arg = "FILE"},
	{.key = "peers", .type = OPTIONS_NO_FIELD, .where = OPTIONS_ENV_ONLY},
};

enum { TIME, PAUSE, LOUD, HIGH, DEEP_VOICE, DOWN, FORM, TIMES, NOTE, REPORT, ROWS = COUNT(option_rows) };

static const struct options_table option_table = {option_rows, ROWS};
static const char *const others[] = {"peers", "peer", NULL};

struct load {
	struct jsontext text;
	struct fields fields;
	enum options_source sources[ROWS];
	struct error err;
	int result;
};

static void load_open(struct load *load, const char *text, bool on_target, const struct fields *fields)
{
	const struct options_values values = {&load->fields, load->sources};

	*load = (struct load){.fields = *fields};
	if (jsontext_parse(&load->text, "f.json", alloc_text(text), strlen(text), &load->err))
		fail_msg("%s: %s", text, load->err.text);
	load->result =
		options_json_load(&option_table, &load->text, load->text.root, on_target, others, &values, &load->err);
}

static void load_close(struct load *load)
{
	free(load->fields.reports.items);
	jsontext_release(&load->text);
}

struct load_row {
	const char *text;
	struct fields expected;
	unsigned given; /* a bit for each row whose source is the file */
};

static void test_values(void **state)
{
	static const struct load_row rows[] = {
		{"{}", {.time = 7}, 0},
		{"{\"time\": \"1m30s\"}", {.time = 90 * CLOCK_S}, 1 << TIME},
		{"{\"time\": \"90\"}", {.time = 90 * CLOCK_S}, 1 << TIME},
		{"{\"time\": 90}", {.time = 90 * CLOCK_S}, 1 << TIME},
		{"{\"time\": 0}", {.time = 0}, 1 << TIME},
		{"{\"time\": 0.25}", {.time = 250 * CLOCK_MS}, 1 << TIME},
		{"{\"time\": 1.5e1}", {.time = 15 * CLOCK_S}, 1 << TIME},
		{"{\"time\": 3e9}", {.time = 3000000000 * CLOCK_S}, 1 << TIME},
		{"{\"time\": 0.00005}", {.time = 50}, 1 << TIME},
		{"{\"time\": 1e-6}", {.time = 1}, 1 << TIME},
		/* A tiny number does not become 0, which means "no limit". */
		{"{\"time\": 1e-300}", {.time = 1}, 1 << TIME},
		{"{\"max-pause\": 1e-9}", {.time = 7, .pause = 1}, 1 << PAUSE},
		{"{\"loud\": true}", {.time = 7, .loud = 1}, 1 << LOUD},
		{"{\"loud\": \"yes\"}", {.time = 7, .loud = 1}, 1 << LOUD},
		{"{\"loud\": false, \"down\": false}", {.time = 7}, 1 << LOUD | 1 << DOWN},
		{"{\"down\": true}", {.time = 7, .down = 1}, 1 << DOWN},
		{"{\"down\": \"absent\"}", {.time = 7, .down = 2}, 1 << DOWN},
		/*
		 * Two rows share a field: "off" resets it only if it has the row's own value; else the later row
		 * wins.
		 */
		{"{\"high\": true, \"deep-voice\": false}", {.time = 7, .tone = 5}, 1 << HIGH | 1 << DEEP_VOICE},
		{"{\"deep-voice\": true, \"high\": true}", {.time = 7, .tone = 5}, 1 << HIGH | 1 << DEEP_VOICE},
		{"{\"form\": \"json\"}", {.time = 7, .form = 2}, 1 << FORM},
		{"{\"times\": 3}", {.time = 7, .times = 3}, 1 << TIMES},
		{"{\"times\": \"3\"}", {.time = 7, .times = 3}, 1 << TIMES},
		{"{\"times\": 1e6}", {.time = 7, .times = 1000000}, 1 << TIMES},
		{"{\"note\": \"a \\u00e9\"}", {.time = 7, .note = "a \xc3\xa9"}, 1 << NOTE},
		/* Keys in others are skipped, with values of any type. */
		{"{\"peers\": 5, \"peer\": null, \"times\": 2}", {.time = 7, .times = 2}, 1 << TIMES},
		/* Escapes in a key are decoded. */
		{"{\"t\\u0069me\": 1}", {.time = CLOCK_S}, 1 << TIME},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static const struct fields before = {.time = 7};
		const struct fields *expected = &rows[i].expected;
		const char *name = rows[i].text;
		struct load load;

		load_open(&load, rows[i].text, false, &before);
		check_text(name, load.err.text, "");
		check_int(name, load.result, 0);
		check_int(name, load.fields.time, expected->time);
		check_int(name, load.fields.pause, expected->pause);
		check_int(name, load.fields.loud, expected->loud);
		check_int(name, load.fields.tone, expected->tone);
		check_int(name, load.fields.down, expected->down);
		check_int(name, load.fields.form, expected->form);
		check_int(name, load.fields.times, expected->times);
		check_text(name, load.fields.note, expected->note);
		for (size_t j = 0; j < ROWS; j++)
			check_int(name, load.sources[j], rows[i].given >> j & 1 ? OPTIONS_FILE : OPTIONS_DEFAULT);
		load_close(&load);
	}
}

struct list_row {
	const char *text, *items; /* joined by blanks */
};

static void test_lists(void **state)
{
	static const struct list_row rows[] = {
		{"{\"report\": \"a\"}", "a"},
		{"{\"report\": [\"a\"]}", "a"},
		{"{\"report\": [\"a\", \"b\", \"a\"]}", "a b a"},
		{"{\"report\": []}", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static const struct fields before = {0};
		char joined[64] = "";
		struct load load;

		load_open(&load, rows[i].text, false, &before);
		check_text(rows[i].text, load.err.text, "");
		for (size_t j = 0; j < load.fields.reports.count; j++)
			snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s", j ? " " : "",
				 load.fields.reports.items[j]);
		check_text(rows[i].text, joined, rows[i].items);
		load_close(&load);
	}
}

struct refuse_row {
	const char *text, *error; /* all of it */
};

#define DURATION       "is not a duration; write 500ms, 10s, 1m30s or a number of seconds"
#define WANTS_DURATION "\"time\" must be a string such as \"1m30s\", or a number of seconds"

static void check_refused(const struct refuse_row *row, bool on_target)
{
	static const struct fields before = {.time = 7};
	char *expected = alloc_format("f.json:%s", row->error);
	struct load load;

	load_open(&load, row->text, on_target, &before);
	check_int(row->text, load.result, -1);
	check_text(row->text, load.err.text, expected);
	check_int(row->text, load.fields.time, 7);
	free(expected);
	load_close(&load);
}

static void test_wrong_values(void **state)
{
	static const struct refuse_row rows[] = {
		{"{\"time\": \"10x\"}", "1:10: \"time\": \"10x\" " DURATION},
		{"{\"time\": \"\"}", "1:10: \"time\": \"\" " DURATION},
		{"{\"time\": -5}", "1:10: \"time\": \"-5\" " DURATION},
		{"{\"time\": 1e300}", "1:10: \"time\": \"1e+300\" " DURATION},
		{"{\"time\": -1e-9}", "1:10: \"time\": \"-1e-09\" " DURATION},
		{"{\"time\":\n\ttrue}", "2:2: " WANTS_DURATION},
		{"{\"time\": null}", "1:10: " WANTS_DURATION},
		{"{\"time\": [1]}", "1:10: " WANTS_DURATION},
		{"{\"time\": {\"s\": 1}}", "1:10: " WANTS_DURATION},
		{"{\"max-pause\": 0}", "1:15: \"max-pause\": \"0\" is too short; write a time above 0, such as 3s"},
		{"{\"loud\": 1}", "1:10: \"loud\" must be true or false"},
		{"{\"loud\": null}", "1:10: \"loud\" must be true or false"},
		{"{\"loud\": \"maybe\"}", "1:10: \"loud\": \"maybe\" is not known; write true or false"},
		{"{\"down\": 2}", "1:10: \"down\" must be true, false or a string"},
		{"{\"down\": \"gone\"}", "1:10: \"down\": \"gone\" is not known; write true, false or absent"},
		{"{\"form\": true}", "1:10: \"form\" must be a string"},
		{"{\"form\": \"xml\"}", "1:10: \"form\": \"xml\" is not known; write auto, lines or json"},
		{"{\"times\": true}", "1:11: \"times\" must be a number"},
		{"{\"times\": 0}", "1:11: \"times\": \"0\" is not a number from 1 to 1000000"},
		{"{\"times\": 2.5}", "1:11: \"times\": \"2.5\" is not a number from 1 to 1000000"},
		{"{\"times\": 1e7}", "1:11: \"times\": \"10000000\" is not a number from 1 to 1000000"},
		{"{\"note\": 5}", "1:10: \"note\" must be a string"},
		{"{\"note\": \"\"}", "1:10: \"note\": TEXT is missing"},
		{"{\"report\": 5}", "1:12: \"report\" must be a string or an array of strings"},
		{"{\"report\": [\"a\",\n 5]}", "2:2: \"report\" must be a string or an array of strings"},
		{"{\"report\": [[\"a\"]]}", "1:13: \"report\" must be a string or an array of strings"},
		{"{\"report\": [\"a\", \"\"]}", "1:18: \"report\": FILE is missing"},
		/* A target in place of a value: its password is not shown. */
		{"{\"time\": \"postgres://me:hunter@db/x\"}", "1:10: \"time\": \"postgres://me:***@db/x\" " DURATION},
		/* Characters that are not printable are not shown. */
		{"{\"time\": \"1\\n2\"}", "1:10: \"time\": \"1?2\" " DURATION},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_refused(&rows[i], false);
}

static void test_wrong_keys(void **state)
{
	static const struct refuse_row rows[] = {
		{"{\"tine\": 1}", "1:2: unknown key \"tine\"; did you mean \"time\"?"},
		{"{\"loud\": true,\n  \"max_pause\": 1}",
		 "2:3: unknown key \"max_pause\"; did you mean \"max-pause\"?"},
		{"{\"deep\": true}", "1:2: unknown key \"deep\"; did you mean \"deep-voice\"?"},
		{"{\"Peers\": []}", "1:2: unknown key \"Peers\"; did you mean \"peers\"?"},
		{"{\"per\": []}", "1:2: unknown key \"per\"; did you mean \"peer\"?"},
		{"{\"quite-another\": 1}", "1:2: unknown key \"quite-another\"; known keys are in waitfor(1)"},
		{"{\"\": 1}", "1:2: unknown key \"\"; known keys are in waitfor(1)"},
		{"{\"a\\u001bb\": 1}", "1:2: unknown key \"a?b\"; known keys are in waitfor(1)"},
		{"{\"postgres://me:hunter@db/x\": 1}",
		 "1:2: unknown key \"postgres://me:***@db/x\"; known keys are in waitfor(1)"},
		{"{\"help\": true}", "1:2: \"help\" may be set only on the command line"},
		{"{\"file\": \"x\"}", "1:2: \"file\" may be set only on the command line and in the environment"},
		/* A key that is not allowed in a file is not suggested. */
		{"{\"hepl\": true}", "1:2: unknown key \"hepl\"; known keys are in waitfor(1)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_refused(&rows[i], false);
}

static void test_on_a_target(void **state)
{
	static const char *const allowed = "{\"time\": 1, \"max-pause\": 2, \"times\": 3, \"peer\": 0}";
	static const struct refuse_row rows[] = {
		{"{\"loud\": true}",
		 "1:2: \"loud\" is a setting of the whole wait, not of one target; write it outside of \"targets\""},
		{"{\"help\": true}", "1:2: \"help\" may be set only on the command line"},
		{"{\"tine\": 1}", "1:2: unknown key \"tine\"; did you mean \"time\"?"},
		/* Nor is a key that is not allowed on a target. */
		{"{\"luod\": 1}", "1:2: unknown key \"luod\"; known keys are in waitfor(1)"},
	};
	static const struct fields before = {0};
	struct load load;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_refused(&rows[i], true);
	load_open(&load, allowed, true, &before);
	check_text(allowed, load.err.text, "");
	check_int(allowed, load.fields.time, CLOCK_S);
	check_int(allowed, load.fields.pause, 2 * CLOCK_S);
	check_int(allowed, load.fields.times, 3);
	load_close(&load);
}

/* A row with OPTIONS_NO_FIELD is an unknown key, unless it is in others. */
static void test_a_row_for_help_only(void **state)
{
	static const char *const none[] = {NULL};
	static const char text[] = "{\"peers\": []}";
	enum options_source sources[ROWS] = {0};
	struct fields fields = {0};
	const struct options_values values = {&fields, sources};
	struct jsontext json;
	struct error err = {0};

	(void)state;
	assert_int_equal(jsontext_parse(&json, "f.json", alloc_text(text), strlen(text), &err), 0);
	check_int(text, options_json_load(&option_table, &json, json.root, false, none, &values, &err), -1);
	check_text(text, err.text, "f.json:1:2: unknown key \"peers\"; known keys are in waitfor(1)");
	jsontext_release(&json);
}

/* The first error in the order of the text is reported, not in that of the table. */
static void test_the_first_error_is_told(void **state)
{
	static const struct refuse_row row = {"{\"times\": 0, \"tine\": 1, \"loud\": 5}",
					      "1:11: \"times\": \"0\" is not a number from 1 to 1000000"};

	(void)state;
	check_refused(&row, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_on_a_target),
		cmocka_unit_test(test_a_row_for_help_only),
		cmocka_unit_test(test_the_first_error_is_told),
	};

	return unit_main(tests);
}
