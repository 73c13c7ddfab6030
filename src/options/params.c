#include "options/params.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"

enum mask_parameter params_ignored(const char *names, const char *key, size_t len)
{
	for (; names && *names; names += strspn(names, " ")) {
		bool secret = *names == '*';
		size_t found = strcspn(names += secret, " ");

		if (found == len && strncasecmp(names, key, len) == 0)
			return secret ? MASK_SECRET : MASK_SHOWN;
		names += found;
	}
	return MASK_UNKNOWN;
}

/* Takes ownership of text, which params_release frees: a field may point into it. */
static const char *params_keep(struct params *params, char *text)
{
	params->texts = alloc_resize(params->texts, params->text_count + 1, sizeof(*params->texts));
	params->texts[params->text_count++] = text;
	return text;
}

/*
 * Refuses an unknown parameter; suggests the nearest one, or lists all. A word without '=' is not quoted: it may be the end
 * of a password that contains '&'.
 */
static int params_refuse(const struct options_table *table, const char *key, bool has_value, struct error *err)
{
	const struct options_row *nearest = options_nearest(table, key);
	struct buf known = {0};

	for (size_t i = 0; i < table->count; i++) {
		buf_add_text(&known, i == 0 ? "" : i + 1 == table->count ? " and " : ", ");
		buf_add_text(&known, table->rows[i].key);
	}
	if (!has_value)
		errors_set(err, "one of the parameters has no '='; known parameters: %s", known.data);
	else if (nearest)
		errors_set(err, "unknown parameter \"%s\"; did you mean \"%s\"?", key, nearest->key);
	else
		errors_set(err, "unknown parameter \"%s\"; known parameters: %s", key, known.data);
	buf_release(&known);
	return -1;
}

static int params_store(const struct options_table *table, const struct options_values *values, const char *key,
			const char *value, bool has_value, struct error *err)
{
	struct error inner = {0};

	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];

		if (strcasecmp(row->key, key) != 0)
			continue;
		if (row->type == OPTIONS_FLAG && !has_value)
			value = "true";
		if (!*value && !(row->may_be_empty && has_value))
			return errors_set(err, "parameter %s has no value; write %s=%s", key, key,
					  row->choices ? row->choices
					  : row->arg   ? row->arg
						       : "true");
		if (values->sources[i] == OPTIONS_FILE && row->type != OPTIONS_LIST)
			return errors_set(err, "parameter %s is given twice; leave one out", key);
		if (options_store(table, i, values, OPTIONS_FILE, value, &inner) == 0)
			return 0;
		return row->secret ? errors_set(err, "parameter %s does not accept this value", key)
				   : errors_set(err, "parameter %s: %s", key, inner.text);
	}
	return params_refuse(table, key, has_value, err);
}

/* Is this one not of the table? A name with an escape in it is not, so that a service can have parameters of any name. */
static bool params_is_other(const struct options_table *table, const char *key, size_t len)
{
	for (size_t i = 0; i < table->count; i++)
		if (strlen(table->rows[i].key) == len && memcmp(table->rows[i].key, key, len) == 0)
			return false;
	return true;
}

static void params_keep_other(struct params *params, const char *text, size_t len)
{
	if (params->others.len)
		buf_add_text(&params->others, "&");
	buf_add(&params->others, text, len);
}

/* Loads "key=value", a text of len bytes. */
static int params_load_one(struct params *params, const struct params_spec *spec, const struct options_values *values,
			   const char *text, size_t len, struct error *err)
{
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals ? (size_t)(equals - text) : len;
	char *key = percent_decode(text, key_len);
	char *value = percent_decode(equals ? equals + 1 : "", equals ? len - key_len - 1 : 0);

	if (spec->keeps_others && params_is_other(spec->table, text, key_len)) {
		free(key);
		free(value);
		params_keep_other(params, text, len);
		return 0;
	}
	if (key)
		params_keep(params, key);
	if (value)
		params_keep(params, value);
	if (!key || !value)
		return errors_set(err, "a parameter cannot contain %%00; leave it out");
	if (equals && params_ignored(spec->ignored, key, strlen(key)))
		return 0;
	return params_store(spec->table, values, key, value, equals != NULL, err);
}

int params_load(struct params *params, const struct params_spec *spec, const char *query, struct error *err)
{
	enum options_source *sources = alloc_zero(spec->table->count, sizeof(*sources));
	const struct options_values values = {alloc_zero(1, spec->size), sources};
	int failed;

	*params = (struct params){.table = spec->table, .fields = values.fields};
	failed = options_load_defaults(spec->table, &values, err);
	while (!failed && query && *query) {
		size_t len = strcspn(query, "&");

		if (len)
			failed = params_load_one(params, spec, &values, query, len, err);
		query += len + (query[len] == '&');
	}
	free(sources);
	return failed;
}

/* Frees the lists, whose items options_store has put into memory of their own. */
static void params_release_lists(struct params *params)
{
	for (size_t i = 0; params->table && i < params->table->count; i++) {
		const struct options_row *row = &params->table->rows[i];
		struct options_list *list = (struct options_list *)((char *)params->fields + row->offset);

		if (row->type == OPTIONS_LIST)
			free(list->items);
	}
}

void params_release(struct params *params)
{
	params_release_lists(params);
	buf_release(&params->others);
	for (size_t i = 0; i < params->text_count; i++)
		free(params->texts[i]);
	free(params->texts);
	free(params->fields);
	*params = (struct params){0};
}
