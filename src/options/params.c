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

/* A part while it is filled. */
struct params_filling {
	const struct options_table *table;
	struct options_values values;
};

/* Adds "a, b and c", the names of the own rows; those of the common ones only if there are no others. */
static void params_list(const struct params_filling *fillings, struct buf *known)
{
	const struct options_table *own = fillings[PARAMS_OWN].table;
	const struct options_table *listed = own ? own : fillings[PARAMS_COMMON].table;

	for (size_t i = 0; i < listed->count; i++) {
		buf_add_text(known, i == 0 ? "" : i + 1 == listed->count ? " and " : ", ");
		buf_add_text(known, listed->rows[i].key);
	}
	if (own && fillings[PARAMS_COMMON].table)
		buf_add_text(known, ", and those of TLS");
}

/*
 * Refuses an unknown parameter; suggests the nearest one, or lists all. A word without '=' is not quoted: it may be the end
 * of a password that contains '&'. Nor is a name with an '@' somewhere behind it, which may end a password: then it is most
 * of user:1/a?password=@host.
 */
static int params_refuse(const struct params_filling *fillings, const char *key, bool has_value, bool has_at,
			 struct error *err)
{
	const struct options_row *nearest = NULL;
	struct buf known = {0};

	for (size_t part = 0; part < PARAMS_PARTS && !nearest; part++)
		nearest = fillings[part].table ? options_nearest(fillings[part].table, key) : NULL;
	params_list(fillings, &known);
	if (!has_value)
		errors_set(err, "one of the parameters has no '='; known parameters: %s", known.data);
	else if (nearest)
		errors_set(err, "unknown parameter \"%s\"; did you mean \"%s\"?", key, nearest->key);
	else if (has_at)
		errors_set(err,
			   "a parameter before an '@' is unknown; write '@' as %%40, and '/' and '?' in a password as "
			   "%%2F and %%3F; known parameters: %s",
			   known.data);
	else
		errors_set(err, "unknown parameter \"%s\"; known parameters: %s", key, known.data);
	buf_release(&known);
	return -1;
}

/* Finds the row with this name, in any case of its letters. Returns its part and sets *index; NULL: there is none. */
static const struct params_filling *params_find(const struct params_filling *fillings, const char *key, size_t *index)
{
	for (size_t part = 0; part < PARAMS_PARTS; part++)
		for (*index = 0; fillings[part].table && *index < fillings[part].table->count; ++*index)
			if (strcasecmp(fillings[part].table->rows[*index].key, key) == 0)
				return &fillings[part];
	return NULL;
}

/* has_at: an '@' follows the key somewhere in the query. */
static int params_store(const struct params_filling *fillings, const char *key, const char *value, bool has_value,
			bool has_at, struct error *err)
{
	struct error inner = {0};
	size_t i;
	const struct params_filling *filling = params_find(fillings, key, &i);
	const struct options_row *row = filling ? &filling->table->rows[i] : NULL;

	if (!row)
		return params_refuse(fillings, key, has_value, has_at, err);
	if (row->type == OPTIONS_FLAG && !has_value)
		value = "true";
	if (!*value && !(row->may_be_empty && has_value))
		return errors_set(err, "parameter %s has no value; write %s=%s", key, key,
				  row->choices ? row->choices
				  : row->arg   ? row->arg
					       : "true");
	if (filling->values.sources[i] == OPTIONS_FILE && row->type != OPTIONS_LIST)
		return errors_set(err, "parameter %s is given twice; leave one out", key);
	if (options_store(filling->table, i, &filling->values, OPTIONS_FILE, value, &inner) == 0)
		return 0;
	return row->secret ? errors_set(err, "parameter %s does not accept this value", key)
			   : errors_set(err, "parameter %s: %s", key, inner.text);
}

/* Is this one of no row? A name with an escape in it is of none, so that a service can have parameters of any name. */
static bool params_is_other(const struct params_filling *fillings, const char *key, size_t len)
{
	for (size_t part = 0; part < PARAMS_PARTS; part++)
		for (size_t i = 0; fillings[part].table && i < fillings[part].table->count; i++) {
			const char *known = fillings[part].table->rows[i].key;

			if (strlen(known) == len && memcmp(known, key, len) == 0)
				return false;
		}
	return true;
}

static void params_keep_other(struct params *params, const char *text, size_t len)
{
	if (params->others.len)
		buf_add_text(&params->others, "&");
	buf_add(&params->others, text, len);
}

/* Loads "key=value", the first len bytes of the rest of the query. */
static int params_load_one(struct params *params, const struct params_spec *spec, const struct params_filling *fillings,
			   const char *text, size_t len, struct error *err)
{
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals ? (size_t)(equals - text) : len;
	char *key = percent_decode(text, key_len);
	char *value = percent_decode(equals ? equals + 1 : "", equals ? len - key_len - 1 : 0);

	if (spec->keeps_others && params_is_other(fillings, text, key_len)) {
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
	return params_store(fillings, key, value, equals != NULL, strchr(text, '@') != NULL, err);
}

int params_load(struct params *params, const struct params_spec *spec, void *common, const char *query,
		struct error *err)
{
	void *fields[PARAMS_PARTS] = {alloc_zero(1, spec->size), common};
	struct params_filling fillings[PARAMS_PARTS] = {0};
	int failed = 0;

	*params = (struct params){.table = spec->tables[PARAMS_OWN], .fields = fields[PARAMS_OWN]};
	for (size_t part = 0; part < PARAMS_PARTS && !failed; part++) {
		const struct options_table *table = spec->tables[part];

		if (!table)
			continue;
		fillings[part] = (struct params_filling){
			table, {fields[part], alloc_zero(table->count, sizeof(enum options_source))}};
		failed = options_load_defaults(table, &fillings[part].values, err);
	}
	while (!failed && query && *query) {
		size_t len = strcspn(query, "&");

		if (len)
			failed = params_load_one(params, spec, fillings, query, len, err);
		query += len + (query[len] == '&');
	}
	for (size_t part = 0; part < PARAMS_PARTS; part++)
		free(fillings[part].values.sources);
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
