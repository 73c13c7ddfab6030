/* jsontext.c: the places of the values of a JSON text, and which texts are refused. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "options/jsontext.h"

static int parse(struct jsontext *out, const char *name, const char *text, struct error *err)
{
	return jsontext_parse(out, name, alloc_text(text), strlen(text), err);
}

/* Returns the item with the path "key/2/key"; the whole text for "". */
static const cJSON *item_at(const cJSON *item, const char *path)
{
	while (*path && item) {
		size_t len = strcspn(path, "/");
		char *step = alloc_slice(path, len);

		item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, (int)strtol(step, NULL, 10))
					   : cJSON_GetObjectItemCaseSensitive(item, step);
		free(step);
		path += len + (path[len] == '/');
	}
	return item;
}

struct place_row {
	const char *text, *path, *value,
		*key; /* "LINE:COLUMN" of the item and of its key; without a key, both of the item */
};

static void check_place(const struct place_row *row)
{
	struct jsontext text;
	struct error err = {0};
	char *where, *expected = alloc_format("a.json:%s", row->value);
	const cJSON *item;

	if (parse(&text, "a.json", row->text, &err))
		fail_msg("%s: %s", row->text, err.text);
	item = item_at(text.root, row->path);
	where = jsontext_where(&text, item);
	check_text(row->text, where, expected);
	free(where);
	free(expected);
	expected = alloc_format("a.json:%s: 7 is wrong", row->value);
	check_int(row->text, jsontext_error(&text, item, false, &err, "%d is wrong", 7), -1);
	check_text(row->text, err.text, expected);
	free(expected);
	expected = alloc_format("a.json:%s: wrong", row->key);
	jsontext_error(&text, item, true, &err, "wrong");
	check_text(row->text, err.text, expected);
	free(expected);
	jsontext_release(&text);
}

static void test_places(void **state)
{
	static const char nested[] = "{\n"
				     "\t\"a\": [1, {\"b\": \"x\"},\r\n"
				     "\t\t[], null],\n"
				     "  \"c\":\n"
				     "      {\"d\": {\"e\": true}}, \"f\": 2}\n";
	static const struct place_row rows[] = {
		{"1", "", "1:1", "1:1"},
		{"\n\n  []", "", "3:3", "3:3"},
		{"\xef\xbb\xbf[1]", "0", "1:2", "1:2"},
		{nested, "", "1:1", "1:1"},
		{nested, "a", "2:7", "2:2"},
		{nested, "a/0", "2:8", "2:8"},
		{nested, "a/1", "2:11", "2:11"},
		{nested, "a/1/b", "2:17", "2:12"},
		{nested, "a/2", "3:3", "3:3"},
		{nested, "a/3", "3:7", "3:7"},
		{nested, "c", "5:7", "4:3"},
		{nested, "c/d", "5:13", "5:8"},
		{nested, "c/d/e", "5:19", "5:14"},
		{nested, "f", "5:32", "5:27"},
		/* Each character is one column, also a tab and a carriage return. */
		{"{\t\"a\"\t:\t1}", "a", "1:9", "1:3"},
		{"[\r\r\n\r1]", "0", "2:2", "2:2"},
		{"[\"\xc3\xa9\xf0\x9f\x90\x98\", 1]", "1", "1:8", "1:8"},
		{"[\"\\u00e9\\\"\\\\\", 1]", "1", "1:16", "1:16"},
		/* Braces, commas and quotes within a string have no meaning. */
		{"{\"{[:,\": \"]},\\\"\", \"b\": 1}", "b", "1:24", "1:19"},
		{"{\"a\\u0062\": 1}", "ab", "1:13", "1:2"},
		{"{\"\": {\"\": 0}}", "/", "1:6", "1:2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_place(&rows[i]);
}

static void test_place_of_a_stranger(void **state)
{
	struct jsontext text;
	struct error err = {0};
	cJSON *stranger = cJSON_CreateNull();
	char *where;

	(void)state;
	assert_int_equal(parse(&text, "a.json", "[null]", &err), 0);
	where = jsontext_where(&text, stranger);
	check_text("not in it", where, "a.json");
	free(where);
	cJSON_Delete(stranger);
	jsontext_release(&text);
}

/* Line breaks in names and texts do not break the line of an error. */
static void test_errors_are_one_line(void **state)
{
	struct jsontext text;
	struct error err = {0};
	char *key;

	(void)state;
	assert_int_equal(parse(&text, "a\nb\xff.json", "{\"k\\n\\u001b\": 1}", &err), 0);
	key = jsontext_quote(text.root->child->string);
	check_text("quoted", key, "\"k??\"");
	free(key);
	jsontext_error(&text, text.root->child, true, &err, "no such key: %s", text.root->child->string);
	check_text("cleaned", err.text, "a?b\xef\xbf\xbd.json:1:2: no such key: k??");
	jsontext_release(&text);
}

static void test_quote_cuts(void **state)
{
	char *key = jsontext_quote("123456789.123456789.123456789.123456789.");
	char *longer = jsontext_quote("123456789.123456789.123456789.123456789.1");
	char *wide = jsontext_quote("123456789.123456789.123456789.123456789\xc3\xa9");

	(void)state;
	check_text("40 bytes", key, "\"123456789.123456789.123456789.123456789.\"");
	check_text("41 bytes", longer, "\"123456789.123456789.123456789.123456789....\"");
	check_text("between characters", wide, "\"123456789.123456789.123456789.123456789...\"");
	free(key);
	free(longer);
	free(wide);
}

/* A user may write a target with a password as a key by mistake. */
static void test_quote_masks(void **state)
{
	char *key = jsontext_quote("postgres://me:hunter@db/app");

	(void)state;
	check_text("masked", key, "\"postgres://me:***@db/app\"");
	free(key);
}

struct refuse_row {
	const char *text, *error;
};

/* The places of some errors of the grammar (all of them are in test_jsonscan.c), and errors that it allows. */
static void test_refused(void **state)
{
	static const struct refuse_row rows[] = {
		{"", "a.json:1:1: the text is empty; write a value, such as {}"},
		{"\xef\xbb\xbf[", "a.json:1:2: the text ends too early; write a value: "},
		{"{\r\n  \"\xc3\xa9\": 1,\r\n}", "a.json:2:9: nothing follows this ','; remove it"},
		{"{\n\t\"a\": \"x\n}", "a.json:2:7: this string has no end on its line"},
		{"[1,\n 1e999]", "a.json:2:2: the number is too large; write one below 1e308"},
		{"{\"n\": {\"m\": -1e400}}", "a.json:1:13: the number is too large"},
		{"{\"a\": 1,\n \"b\": 2,\n  \"a\": 3}",
		 "a.json:3:3: the key \"a\" is already used at 1:2; remove one of the two"},
		{"{\"a\": 1, \"\\u0061\": 2}", "a.json:1:10: the key \"a\" is already used at 1:2;"},
		{"{\"\": 1, \"\": 2}", "a.json:1:9: the key \"\" is already used at 1:2;"},
		{"[{\"x\": {\"b\": 1, \"c\": 1, \"c\": 2, \"b\": 2, \"b\": 3}}]",
		 "a.json:1:25: the key \"c\" is already used at 1:17;"},
		{"{\"b\": 1, \"b\": 2, \"b\": 3}", "a.json:1:10: the key \"b\" is already used at 1:2;"},
		{"{\"k\\n\": 1, \"k\\n\": 2}", "a.json:1:12: the key \"k?\" is already used at 1:2;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jsontext text;
		struct error err = {0};

		check_int(rows[i].text, parse(&text, "a.json", rows[i].text, &err), -1);
		check_int(rows[i].text, strncmp(err.text, rows[i].error, strlen(rows[i].error)), 0);
		check_has(rows[i].text, err.text, rows[i].error);
		check("nothing is left", !text.root && !text.text && !text.name);
	}
}

/* Accepted: the same key in two objects, keys that differ in case, the same value twice. */
static void test_taken(void **state)
{
	static const char all[] = "[{\"a\": 1, \"A\": 1, \"a \": 1}, {\"a\": {\"a\": \"a\"}}, \"a\", \"a\"]";
	struct jsontext text;
	struct error err = {0};

	(void)state;
	assert_int_equal(parse(&text, "a.json", all, &err), 0);
	assert_false(err.set);
	assert_int_equal(cJSON_GetArraySize(text.root), 4);
	jsontext_release(&text);
}

/* A long name leaves room for the message. */
static void test_long_names(void **state)
{
	struct jsontext text;
	struct error err = {0};
	char name[4096];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(parse(&text, name, "{\"a\":1,\"a\":2}", &err), -1);
	check_has("long name", err.text, "nnn:1:8: the key \"a\" is already used at 1:2; remove one of the two");
}

static void check_large(const char *row, struct buf *large, const char *error)
{
	struct jsontext text;
	struct error err = {0};
	size_t len = large->len;

	check_int(row, jsontext_parse(&text, "a.json", buf_detach(large), len, &err), error ? -1 : 0);
	check_has(row, err.text, error ? error : "");
	jsontext_release(&text);
}

/* A quadratic search for equal keys would exceed the time limit of unit_main. */
static void test_hostile_sizes(void **state)
{
	struct buf brackets = {0}, keys = {0}, same = {0};

	(void)state;
	for (size_t i = 0; i < 10000000; i++)
		buf_add(&brackets, "[", 1);
	check_large("10 MB of '['", &brackets, "a.json:1:1001: nested too deeply; write at most 1000 levels");
	for (size_t i = 0; i < 500000; i++) {
		char key[32];

		snprintf(key, sizeof(key), "%s\"%zu\":0", i ? "," : "{", i);
		buf_add_text(&keys, key);
		buf_add_text(&same, i ? ",\"k\":0" : "{\"k\":0");
	}
	buf_add_text(&same, "}");
	check_large("as many equal keys", &same, "a.json:1:8: the key \"k\" is already used at 1:2;");
	buf_add_text(&keys, "}");
	check_large("500,000 keys", &keys, NULL);
}

/* Thousands of targets ask for their places: a search from the start for each would exceed the limit, too. */
static void test_many_places(void **state)
{
	enum { ITEMS = 100000 };
	struct buf all = {0};
	struct jsontext text;
	struct error err = {0};
	const cJSON *item;
	size_t line = 1, len;

	(void)state;
	for (size_t i = 0; i < ITEMS; i++)
		buf_add_text(&all, i ? ",\n[0]" : "[\n[0]");
	buf_add_text(&all, "]");
	len = all.len;
	assert_int_equal(jsontext_parse(&text, "a.json", buf_detach(&all), len, &err), 0);
	cJSON_ArrayForEach(item, text.root)
	{
		char *where = jsontext_where(&text, item), *expected = alloc_format("a.json:%zu:1", ++line);

		check_text("many", where, expected);
		free(where);
		free(expected);
	}
	check_int("all", (long long)line, ITEMS + 1);
	jsontext_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_place_of_a_stranger),
		cmocka_unit_test(test_errors_are_one_line),
		cmocka_unit_test(test_quote_cuts),
		cmocka_unit_test(test_quote_masks),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_hostile_sizes),
		cmocka_unit_test(test_many_places),
	};

	return unit_main(tests);
}
