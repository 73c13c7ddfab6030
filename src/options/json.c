#include "options/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/spelling.h"

struct options_json_pass {
	const struct options_table *table;
	const struct jsontext *text;
	bool on_target;
	const char *const *others;
	const struct options_values *values;
};

static bool options_json_fits(const struct options_json_pass *pass, const struct options_row *row)
{
	return options_takes(row, OPTIONS_FILE) && (row->per_target || !pass->on_target);
}

static bool options_json_listed(const char *const *list, const char *key)
{
	for (; *list; list++)
		if (strcmp(*list, key) == 0)
			return true;
	return false;
}

static size_t options_json_count(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

/* Refuses an unknown key and suggests the nearest known one. */
static int options_json_refuse_key(const struct options_json_pass *pass, const cJSON *item, struct error *err)
{
	size_t count = options_json_count(pass->others);
	const char **keys = alloc_zero(count + pass->table->count + 1, sizeof(*keys)), *nearest;
	char *quoted = jsontext_quote(item->string);

	memcpy(keys, pass->others, count * sizeof(*keys));
	for (size_t i = 0; i < pass->table->count; i++)
		if (options_json_fits(pass, &pass->table->rows[i]))
			keys[count++] = pass->table->rows[i].key;
	nearest = spelling_nearest(item->string, keys);
	if (nearest)
		jsontext_error(pass->text, item, true, err, "unknown key %s; did you mean \"%s\"?", quoted, nearest);
	else
		jsontext_error(pass->text, item, true, err, "unknown key %s; known keys are in waitfor(1)", quoted);
	free(quoted);
	free(keys);
	return -1;
}

/* Refuses a row that a file must not set, or not for one target. */
static int options_json_refuse_row(const struct options_json_pass *pass, const cJSON *item,
				   const struct options_row *row, struct error *err)
{
	if (options_takes(row, OPTIONS_FILE))
		return jsontext_error(
			pass->text, item, true, err,
			"\"%s\" is a setting of the whole wait, not of one target; write it outside of \"targets\"",
			row->key);
	return jsontext_error(pass->text, item, true, err, "\"%s\" may be set only on the command line%s", row->key,
			      options_takes(row, OPTIONS_ENV) ? " and in the environment" : "");
}

/*
 * Returns the number as text, without an exponent if it is small, because clock_parse reads none. A tiny number does
 * not become 0, which may mean "no limit". The caller's.
 */
static char *options_json_number_text(double number)
{
	if (number > 0 && number < 1e-4)
		return alloc_format("%.6f", number < 1e-6 ? 1e-6 : number);
	return alloc_format("%.15g", number);
}

/* Returns the value as a user would write it in the environment; NULL if its type is wrong. The caller's. */
static char *options_json_value_text(const struct options_row *row, const cJSON *item)
{
	if (cJSON_IsString(item))
		return alloc_text(item->valuestring);
	if (cJSON_IsBool(item) && row->type == OPTIONS_FLAG)
		return alloc_text(cJSON_IsTrue(item) ? "true" : "false");
	if (cJSON_IsNumber(item) && (row->type == OPTIONS_DURATION || row->type == OPTIONS_COUNT))
		return options_json_number_text(item->valuedouble);
	return NULL;
}

static const char *options_json_wanted_type(const struct options_row *row)
{
	switch (row->type) {
	case OPTIONS_FLAG:
		return row->choices ? "true, false or a string" : "true or false";
	case OPTIONS_COUNT:
		return "a number";
	case OPTIONS_DURATION:
		return "a string such as \"1m30s\", or a number of seconds";
	case OPTIONS_LIST:
		return "a string or an array of strings";
	default:
		return "a string";
	}
}

static int options_json_store_item(const struct options_json_pass *pass, size_t index, const cJSON *item,
				   struct error *err)
{
	const struct options_row *row = &pass->table->rows[index];
	/* Will a field point to the text? */
	bool keeps = row->type == OPTIONS_TEXT || row->type == OPTIONS_LIST ||
		     ((row->names_offset || row->text_offset) && cJSON_IsString(item));
	char *made = keeps ? NULL : options_json_value_text(row, item);
	const char *value = keeps ? cJSON_GetStringValue(item) : made;
	struct error inner = {0};
	int failed = 0;

	if (!value)
		failed = jsontext_error(pass->text, item, false, err, "\"%s\" must be %s", row->key,
					options_json_wanted_type(row));
	else if (options_store(pass->table, index, pass->values, OPTIONS_FILE, value, &inner))
		failed = jsontext_error(pass->text, item, false, err, "\"%s\": %s", row->key, inner.text);
	free(made);
	return failed;
}

static int options_json_store_value(const struct options_json_pass *pass, size_t index, const cJSON *item,
				    struct error *err)
{
	const cJSON *element;

	if (pass->table->rows[index].type != OPTIONS_LIST || !cJSON_IsArray(item))
		return options_json_store_item(pass, index, item, err);
	cJSON_ArrayForEach(element, item)
	{
		if (options_json_store_item(pass, index, element, err))
			return -1;
	}
	return 0;
}

static int options_json_load_item(const struct options_json_pass *pass, const cJSON *item, struct error *err)
{
	for (size_t i = 0; i < pass->table->count; i++) {
		const struct options_row *row = &pass->table->rows[i];

		if (row->type == OPTIONS_NO_FIELD || strcmp(row->key, item->string) != 0)
			continue;
		return options_json_fits(pass, row) ? options_json_store_value(pass, i, item, err)
						    : options_json_refuse_row(pass, item, row, err);
	}
	return options_json_refuse_key(pass, item, err);
}

int options_json_load(const struct options_table *table, const struct jsontext *text, const cJSON *object,
		      bool on_target, const char *const *others, const struct options_values *values, struct error *err)
{
	const struct options_json_pass pass = {table, text, on_target, others, values};
	const cJSON *item;

	cJSON_ArrayForEach(item, object)
	{
		if (!options_json_listed(others, item->string) && options_json_load_item(&pass, item, err))
			return -1;
	}
	return 0;
}
