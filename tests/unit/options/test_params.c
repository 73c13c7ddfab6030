#include "unit.h"

#include <string.h>

#include "options/params.h"

enum role { ROLE_ANY, ROLE_MASTER, ROLE_REPLICA };

struct fields {
	int role;
	int64_t stay;
	const char *word, *token;
	int pin;
	int gone;
};

static const struct options_row rows[] = {
	{.key = "role",
	 .type = OPTIONS_WORD,
	 .value = ROLE_MASTER,
	 .choices = "master|replica",
	 .offset = offsetof(struct fields, role)},
	{.key = "stay",
	 .type = OPTIONS_DURATION,
	 .initial = "20ms",
	 .arg = "TIME",
	 .offset = offsetof(struct fields, stay)},
	{.key = "word", .type = OPTIONS_TEXT, .arg = "WORD", .offset = offsetof(struct fields, word)},
	{.key = "token",
	 .type = OPTIONS_TEXT,
	 .arg = "TOKEN",
	 .secret = true,
	 .offset = offsetof(struct fields, token)},
	{.key = "gone", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct fields, gone)},
	{.key = "pin", .type = OPTIONS_COUNT, .arg = "N", .secret = true, .offset = offsetof(struct fields, pin)},
};

static const struct options_table table = {rows, COUNT(rows)};
static const struct params_spec spec = {.tables = {&table}, .size = sizeof(struct fields)};

struct load_row {
	const char *query;
	struct fields expected;
};

static void test_load(void **state)
{
	static const struct load_row load_rows[] = {
		{NULL, {ROLE_ANY, 20000, NULL, NULL, 0, 0}},
		{"", {ROLE_ANY, 20000, NULL, NULL, 0, 0}},
		{"role=master", {ROLE_MASTER, 20000, NULL, NULL, 0, 0}},
		{"role=replica&stay=1s", {ROLE_REPLICA, 1000000, NULL, NULL, 0, 0}},
		{"&&word=a%20b%26c&", {ROLE_ANY, 20000, "a b&c", NULL, 0, 0}},
		{"w%6Frd=x", {ROLE_ANY, 20000, "x", NULL, 0, 0}},
		{"WORD=x&rolE=master", {ROLE_MASTER, 20000, "x", NULL, 0, 0}},
		{"word=a=b", {ROLE_ANY, 20000, "a=b", NULL, 0, 0}},
		{"gone", {ROLE_ANY, 20000, NULL, NULL, 0, 1}},
		{"gone=true&word=x", {ROLE_ANY, 20000, "x", NULL, 0, 1}},
		{"gone=false", {ROLE_ANY, 20000, NULL, NULL, 0, 0}},
		/* Neither row has names_file, so a URL is accepted. */
		{"word=a://b&token=c://d", {ROLE_ANY, 20000, "a://b", "c://d", 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(load_rows); i++) {
		const struct load_row *row = &load_rows[i];
		const struct fields *fields;
		struct params params;
		struct error err = {0};

		check_int(row->query, params_load(&params, &spec, NULL, row->query, &err), 0);
		check_text(row->query, err.text, "");
		fields = params.fields;
		check_int(row->query, fields->role, row->expected.role);
		check_int(row->query, fields->stay, row->expected.stay);
		check_text(row->query, fields->word, row->expected.word);
		check_text(row->query, fields->token, row->expected.token);
		check_int(row->query, fields->gone, row->expected.gone);
		params_release(&params);
		check("released", !params.fields && !params.texts);
	}
}

struct refuse_row {
	const char *query, *part;
	const char *never; /* must not be in the error; NULL: no check */
};

/* The error suggests the nearest name for a misspelt one, and does not quote the value of a secret. */
static void test_refuse(void **state)
{
	static const struct refuse_row refuse_rows[] = {
		{"rol=master", "unknown parameter \"rol\"; did you mean \"role\"?", NULL},
		{"colour=red", "unknown parameter \"colour\"; known parameters: role, stay, word, token, gone and pin",
		 NULL},
		{"role=boss", "parameter role: \"boss\" is not known; write master or replica", NULL},
		{"role", "parameter role has no value; write role=master|replica", NULL},
		{"role=", "parameter role has no value", NULL},
		{"gone=", "parameter gone has no value; write gone=true", NULL},
		{"gone=maybe", "parameter gone: \"maybe\" is not known; write true or false", NULL},
		{"gone&gone", "parameter gone is given twice", NULL},
		{"stay=soon", "parameter stay: \"soon\" is not a duration", NULL},
		{"pin=hunter", "parameter pin does not accept this value", "hunter"},
		{"word=%00", "%00", NULL},
		{"role=master&role=replica", "parameter role is given twice; leave one out", NULL},
		{"role=master&hunter", "one of the parameters has no '='; known parameters: role", "hunter"},
		{"=x", "unknown parameter \"\"", NULL},
		/* A password with a '?' in it, as in user:1/a?rest=@host, looks like this. */
		{"hunter2=@db", "write '@' as %40", "hunter2"},
		{"role=master&hunter2=x&stay=@db", "write '@' as %40", "hunter2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refuse_rows); i++) {
		const struct refuse_row *row = &refuse_rows[i];
		struct params params;
		struct error err = {0};

		check_int(row->query, params_load(&params, &spec, NULL, row->query, &err), -1);
		check_has(row->query, err.text, row->part);
		if (row->never)
			check_lacks(row->query, err.text, row->never);
		params_release(&params);
	}
}

/* Parameters that only others need: skipped in any case of letters, but a row is not, nor a word without '='. */
static void test_ignored(void **state)
{
	static const char names[] = "pool *proxyPassword w";
	static const struct {
		const char *query;
		int result;
	} queries[] = {
		{"pool=5", 0}, {"POOL=&w=1&proxypassword=x", 0}, {"pools=5", -1}, {"poo=5", -1},
		{"pool", -1},  {"*proxyPassword=5", -1},
	};
	const struct params_spec skips = {.tables = {&table}, .size = sizeof(struct fields), .ignored = names};
	struct params params;
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		check_int(queries[i].query, params_load(&params, &skips, NULL, queries[i].query, &err),
			  queries[i].result);
		params_release(&params);
	}
	check_int("shown", params_ignored(names, "Pool", 4), MASK_SHOWN);
	check_int("the last", params_ignored(names, "w&x", 1), MASK_SHOWN);
	check_int("secret", params_ignored(names, "proxypassword", 13), MASK_SECRET);
	check_int("a beginning", params_ignored(names, "proxy", 5), MASK_UNKNOWN);
	check_int("nothing", params_ignored(names, "", 0), MASK_UNKNOWN);
	check_int("no list", params_ignored(NULL, "pool", 4), MASK_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_ignored),
	};

	return unit_main(tests);
}
