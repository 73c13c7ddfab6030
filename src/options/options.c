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

/* Returns the index of the text among the row's choices; -1 if it is none of them. */
static int options_choice_index(const struct options_row *row, const char *text)
{
	const char *choice;
	size_t len;

	for (int i = 0; (choice = options_choice(row, i, &len)); i++)
		if (strlen(text) == len && strncmp(choice, text, len) == 0)
			return i;
	return -1;
}

/* Returns 1 for on, 0 for off and -1 for any other text. */
static int options_parse_switch(const char *text)
{
	static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};

	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (strcasecmp(text, words[i]) == 0)
			return i % 2;
	return -1;
}

/* Refuses a word that the row does not know. The error lists the words that it knows. */
static int options_refuse_word(const struct options_row *row, const char *text, struct error *err)
{
	bool is_flag = row->type == OPTIONS_FLAG;
	struct buf known = {0};
	const char *choice;
	size_t len;

	buf_add_text(&known, is_flag ? row->choices ? "true, false" : "true or false" : "");
	for (int i = 0; (choice = options_choice(row, i, &len)); i++) {
		bool is_first = i == 0 && !is_flag;
		bool is_last = !row->names_offset && !options_choice(row, i + 1, &(size_t){0});

		buf_add_text(&known, is_first ? "" : is_last ? " or " : ", ");
		buf_add(&known, choice, len);
	}
	buf_add_text(&known, row->names_offset ? " or -NAME,NAME" : "");
	errors_set(err, "\"%s\" is not known; write %s", text, known.data);
	buf_release(&known);
	return -1;
}

static int options_store_flag(const struct options_row *row, int *field, const char *text, struct error *err)
{
	int on = options_parse_switch(text), choice = options_choice_index(row, text);

	if (choice >= 0) {
		*field = OPTIONS_FIRST_CHOICE + choice;
		return 0;
	}
	if (on < 0)
		return options_refuse_word(row, text, err);
	/* Rows may share a field, so "off" resets it only if it has a value of this row. */
	if (on)
		*field = row->value;
	else if (*field == row->value || row->choices)
		*field = 0;
	return 0;
}

static int options_store_word(const struct options_row *row, int *field, const char *text, struct error *err)
{
	int choice = options_choice_index(row, text);

	if (choice < 0)
		return options_refuse_word(row, text, err);
	*field = row->value + choice;
	return 0;
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

static void options_append(struct options_list *list, bool replace, const char *text)
{
	if (replace)
		list->count = 0;
	list->items = alloc_resize(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = text;
}

/* Parses and stores a value of any type but OPTIONS_TEXT and OPTIONS_LIST. */
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

/*
 * As options_read, but masks the text that the error quotes: it may be a target with a password, if the user forgot the
 * value, as in "-t postgres://...".
 */
static int options_read_masked(const struct options_row *row, void *field, const char *text, struct error *err)
{
	struct error plain; /* it is not read, so its 1 kB is not cleared */
	int failed = options_read(row, field, text, &plain);
	char *masked;

	if (failed) {
		masked = mask_target(text, NULL);
		failed = options_read(row, field, masked, err);
		free(masked);
	}
	return failed;
}

/*
 * Stores "-NAME,NAME" after a word of the flag, "optional,-NAME", or alone. Returns the caller's copy of the word, "true"
 * if there is none.
 */
static char *options_take_names(const struct options_row *row, void *fields, const char *text)
{
	const char **field = (const char **)((char *)fields + row->names_offset), *names = strstr(text, ",-");

	*field = *text == '-' ? text : names ? names + 1 : NULL;
	return *text == '-' ? alloc_text("true") : alloc_slice(text, names ? (size_t)(names - text) : strlen(text));
}

/* Stores a text that turns the flag on. Returns the caller's copy of the word for the flag. */
static char *options_take_text(const struct options_row *row, void *fields, const char *text)
{
	const char **field = (const char **)((char *)fields + row->text_offset);
	bool is_switch = options_parse_switch(text) >= 0;

	*field = is_switch ? NULL : text;
	return alloc_text(is_switch ? text : "true");
}

/* Stores a value that is not kept as a text. */
static int options_store_value(const struct options_row *row, void *fields, const char *text, struct error *err)
{
	void *field = (char *)fields + row->offset;
	char *word = row->names_offset  ? options_take_names(row, fields, text)
		     : row->text_offset ? options_take_text(row, fields, text)
					: NULL;
	int failed = options_read_masked(row, field, word ? word : text, err);

	free(word);
	return failed;
}

/* Refuses a target in place of a file's name: the user forgot the name, and the target may hold a password. */
static int options_refuse_url(const struct options_row *row, const char *text, struct error *err)
{
	char *shown = mask_target(text, NULL);

	errors_set(err, "\"%s\" is a URL, not a file; write --%s %s", shown, row->key, row->arg);
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
	if (strchr(text, '\r') && !row->takes_lines)
		return errors_set(err, "the value holds a carriage return, as lines of Windows files do; remove it");
	if (row->type != OPTIONS_TEXT && row->type != OPTIONS_LIST) {
		if (options_store_value(row, values->fields, text, err))
			return -1;
	} else if (!*text && !row->may_be_empty) {
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
	/* If there are no WAITFOR_ variables, their names need not be made. */
	for (size_t i = 0; i < table->count && env->count; i++) {
		const struct options_row *row = &table->rows[i];
		char *name = options_env_name(row);
		const char *value = options_takes(row, OPTIONS_ENV) ? env_get(env, name) : NULL;
		int failed = 0;

		/* An empty variable counts as unset: Compose passes unset variables as empty ones. */
		if (value && *value && options_store(table, i, values, OPTIONS_ENV, value, err))
			failed = errors_prefix(err, "%s", name);
		free(name);
		if (failed)
			return -1;
	}
	return 0;
}

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
