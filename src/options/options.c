#include "options/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mask.h"
#include "base/spelling.h"

#define OPTIONS_PREFIX "WAITFOR_"

char *options_env_name(const struct options_row *row)
{
	char *name = alloc_format(OPTIONS_PREFIX "%s", row->key);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

bool options_takes(const struct options_row *row, enum options_source source)
{
	switch (source) {
	case OPTIONS_FILE:
		return row->where == OPTIONS_EVERYWHERE && row->type != OPTIONS_NO_FIELD;
	case OPTIONS_ENV:
		return row->where != OPTIONS_ARGV_ONLY;
	case OPTIONS_ARGV:
		return row->where != OPTIONS_ENV_ONLY;
	case OPTIONS_DEFAULT:
		break;
	}
	return true;
}

const char *options_choice(const struct options_row *row, int index, size_t *len)
{
	const char *at = row->choices;

	while (at && index-- > 0) {
		at = strchr(at, '|');
		at = at ? at + 1 : NULL;
	}
	if (at)
		*len = strcspn(at, "|");
	return at;
}

/* Which of the row's choices it is; -1 for none. */
static int options_choice_index(const struct options_row *row, const char *text)
{
	const char *choice;
	size_t len;

	for (int i = 0; (choice = options_choice(row, i, &len)); i++)
		if (strlen(text) == len && strncmp(choice, text, len) == 0)
			return i;
	return -1;
}

/* 1, 0 or -1 for neither. */
static int options_parse_switch(const char *text)
{
	static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};

	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (strcasecmp(text, words[i]) == 0)
			return i % 2;
	return -1;
}

/* " nor absent", " nor all nor json": what else it might have been. The caller's. */
static char *options_other_choices(const struct options_row *row)
{
	struct buf out = {0};
	const char *choice;
	size_t len;

	for (int i = 0; (choice = options_choice(row, i, &len)); i++) {
		buf_add_text(&out, " nor ");
		buf_add(&out, choice, len);
	}
	return buf_detach(&out);
}

static int options_store_flag(const struct options_row *row, int *field, const char *text, struct error *err)
{
	int on = options_parse_switch(text), choice = options_choice_index(row, text);
	char *others;

	if (choice >= 0) {
		*field = OPTIONS_FIRST_CHOICE + choice;
		return 0;
	}
	if (on < 0) {
		others = options_other_choices(row);
		errors_set(err, "\"%s\" is neither true nor false%s", text, others);
		free(others);
		return -1;
	}
	/* Several rows may share a field: off only takes back what this row switched on. */
	if (on)
		*field = row->value;
	else if (*field == row->value || row->choices)
		*field = 0;
	return 0;
}

static int options_store_word(const struct options_row *row, int *field, const char *text, struct error *err)
{
	int choice = options_choice_index(row, text);
	struct buf known = {0};
	const char *word;
	size_t len;

	if (choice >= 0) {
		*field = row->value + choice;
		return 0;
	}
	for (int i = 0; (word = options_choice(row, i, &len)); i++) {
		buf_add_text(&known, i == 0 ? "" : options_choice(row, i + 1, &(size_t){0}) ? ", " : " or ");
		buf_add(&known, word, len);
	}
	errors_set(err, "\"%s\" is not known; write %s", text, known.data);
	buf_release(&known);
	return -1;
}

static int options_store_count(const struct options_row *row, int *field, const char *text, struct error *err)
{
	enum { MAX = 1000000 };
	int number = 0;
	const char *at = text;

	while (isdigit((unsigned char)*at) && number <= MAX)
		number = number * 10 + (*at++ - '0');
	if (at == text || *at || number < row->value || number > MAX)
		return errors_set(err, "\"%s\" is not a number from %d to %d", text, row->value, MAX);
	*field = number;
	return 0;
}

static int options_store_duration(const struct options_row *row, int64_t *field, const char *text, struct error *err)
{
	int64_t duration;

	if (clock_parse(text, &duration, err))
		return -1;
	if (duration < row->value)
		return errors_set(err, "\"%s\" is too short; write a time above 0, such as 3s", text);
	*field = duration;
	return 0;
}

static void options_append(struct options_list *list, bool anew, const char *text)
{
	if (anew)
		list->count = 0;
	list->items = alloc_resize(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = text;
}

/* What the row's type makes of a text. Texts and lists are not for here. */
static int options_read(const struct options_row *row, void *field, const char *text, struct error *err)
{
	switch (row->type) {
	case OPTIONS_FLAG:
		return options_store_flag(row, field, text, err);
	case OPTIONS_WORD:
		return options_store_word(row, field, text, err);
	case OPTIONS_COUNT:
		return options_store_count(row, field, text, err);
	case OPTIONS_DURATION:
		return options_store_duration(row, field, text, err);
	default:
		return 0;
	}
}

/* The error quotes the text; where that is a target by mistake, as in "-t postgres://...", it may hold a password. */
static int options_read_masked(const struct options_row *row, void *field, const char *text, struct error *err)
{
	struct error plain = {0};
	int failed = options_read(row, field, text, &plain);
	char *masked;

	if (failed) {
		masked = mask_target(text, NULL);
		failed = options_read(row, field, masked, err);
		free(masked);
	}
	return failed;
}

/* A target whose option's argument was forgotten: its password must not become a file's name. */
static int options_refuse_url(const struct options_row *row, const char *text, struct error *err)
{
	char *shown = mask_target(text, NULL);

	errors_set(err, "\"%s\" is a URL and no file; write --%s %s", shown, row->key, row->arg);
	free(shown);
	return -1;
}

int options_store(const struct options_table *table, size_t index, const struct options_values *values,
		  enum options_source source, const char *text, struct error *err)
{
	const struct options_row *row = &table->rows[index];
	void *field = (char *)values->fields + row->offset;

	if (row->type == OPTIONS_NO_FIELD)
		return 0;
	if (row->type != OPTIONS_TEXT && row->type != OPTIONS_LIST) {
		if (options_read_masked(row, field, text, err))
			return -1;
	} else if (!*text) {
		return errors_set(err, "%s is missing", row->arg);
	} else if (row->names_file && strstr(text, "://")) {
		return options_refuse_url(row, text, err);
	} else if (row->type == OPTIONS_LIST) {
		options_append(field, values->sources[index] != source, text);
	} else {
		*(const char **)field = text;
	}
	values->sources[index] = source;
	return 0;
}

void options_copy(const struct options_table *table, size_t index, const struct options_values *from,
		  const struct options_values *to)
{
	static const size_t sizes[] = {
		[OPTIONS_FLAG] = sizeof(int),
		[OPTIONS_WORD] = sizeof(int),
		[OPTIONS_COUNT] = sizeof(int),
		[OPTIONS_DURATION] = sizeof(int64_t),
		[OPTIONS_TEXT] = sizeof(const char *),
		[OPTIONS_LIST] = 0,
		[OPTIONS_NO_FIELD] = 0,
	};
	const struct options_row *row = &table->rows[index];

	memcpy((char *)to->fields + row->offset, (const char *)from->fields + row->offset, sizes[row->type]);
	to->sources[index] = from->sources[index];
}

int options_load_defaults(const struct options_table *table, const struct options_values *values, struct error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];

		values->sources[i] = OPTIONS_DEFAULT;
		if (row->initial && options_store(table, i, values, OPTIONS_DEFAULT, row->initial, err))
			return errors_prefix(err, "default of --%s", row->key);
	}
	return 0;
}

int options_load_env(const struct options_table *table, const struct env *env, const struct options_values *values,
		     struct error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];
		char *name = options_env_name(row);
		const char *value = options_takes(row, OPTIONS_ENV) ? env_get(env, name) : NULL;
		int failed = 0;

		/* Set to nothing is what a compose file makes of an unset variable: as good as not set. */
		if (value && *value && options_store(table, i, values, OPTIONS_ENV, value, err))
			failed = errors_prefix(err, "%s", name);
		free(name);
		if (failed)
			return -1;
	}
	return 0;
}

/* The row whose key is nearest, or NULL when none is near enough to be meant. */
const struct options_row *options_nearest(const struct options_table *table, const char *key)
{
	const char **keys = alloc_zero(table->count + 1, sizeof(*keys)), *nearest;
	const struct options_row *row = NULL;

	for (size_t i = 0; i < table->count; i++)
		keys[i] = table->rows[i].key;
	nearest = spelling_nearest(key, keys);
	for (size_t i = 0; nearest && i < table->count; i++)
		if (table->rows[i].key == nearest)
			row = &table->rows[i];
	free(keys);
	return row;
}

void options_warn_misspelt(const struct options_table *table, const struct env *env, struct log *log)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *entry = env->list[i];
		size_t prefix = sizeof(OPTIONS_PREFIX) - 1, len = strcspn(entry, "=");
		const struct options_row *nearest;
		char *key, *name;

		if (strncmp(entry, OPTIONS_PREFIX, prefix) != 0 || len <= prefix)
			continue;
		key = alloc_slice(entry + prefix, len - prefix);
		for (char *c = key; *c; c++)
			*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
		nearest = options_nearest(table, key);
		if (nearest && strcmp(nearest->key, key) != 0) {
			name = options_env_name(nearest);
			log_line(log, LOG_LEVEL_NORMAL, "%.*s is not a setting; did you mean %s?", (int)len, entry,
				 name);
			free(name);
		}
		free(key);
	}
}
