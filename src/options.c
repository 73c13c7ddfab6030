#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "spelling.h"

#define OPTIONS_PREFIX "WAITFOR_"

char *options_env_name(const struct options_row *row)
{
	char *name = alloc_format(OPTIONS_PREFIX "%s", row->key);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
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

static int options_store_flag(const struct options_row *row, int *field, const char *text, struct error *err)
{
	int on = options_parse_switch(text);

	if (row->choice && strcmp(text, row->choice) == 0) {
		*field = 2;
		return 0;
	}
	if (on < 0)
		return errors_set(err, "\"%s\" is neither true nor false%s%s", text, row->choice ? " nor " : "",
				  row->choice ? row->choice : "");
	/* Several rows may share a field: off only takes back what this row switched on. */
	if (on)
		*field = row->value;
	else if (*field == row->value || row->choice)
		*field = 0;
	return 0;
}

static int options_store(const struct options_row *row, void *fields, const char *text, struct error *err)
{
	void *field = (char *)fields + row->offset;

	switch (row->type) {
	case OPTIONS_FLAG:
		return options_store_flag(row, field, text, err);
	case OPTIONS_DURATION:
		return clock_parse(text, field, err);
	case OPTIONS_TEXT:
		break;
	}
	return 0;
}

int options_load_defaults(const struct options_table *table, void *fields, struct error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];

		if (row->initial && options_store(row, fields, row->initial, err))
			return errors_prefix(err, "default of --%s", row->key);
	}
	return 0;
}

int options_load_env(const struct options_table *table, const struct env *env, void *fields, struct error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];
		char *name = options_env_name(row);
		const char *value = row->where == OPTIONS_ARGV_ONLY ? NULL : env_get(env, name);
		int failed = 0;

		/* Set to nothing is what a compose file makes of an unset variable: as good as not set. */
		if (value && *value && options_store(row, fields, value, err))
			failed = errors_prefix(err, "%s", name);
		free(name);
		if (failed)
			return -1;
	}
	return 0;
}

/* The row whose key is nearest, or NULL when none is near enough to be meant. */
static const struct options_row *options_nearest(const struct options_table *table, const char *key)
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

static const struct options_row *options_find(const struct options_table *table, const char *key, char letter)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];

		if (row->where != OPTIONS_ENV_ONLY && (key ? strcmp(row->key, key) == 0 : row->letter == letter))
			return row;
	}
	return NULL;
}

/* The walk over argv: where it stands and what it fills. */
struct options_walk {
	const struct options_table *table;
	char **argv;
	int argc, at;
	void *fields;
};

static int options_missing_argument(const struct options_row *row, struct error *err)
{
	return errors_set(err, "--%s needs a duration; write --%s 10s", row->key, row->key);
}

static int options_take_long(struct options_walk *walk, struct error *err)
{
	const char *text = walk->argv[walk->at] + 2, *equals = strchr(text, '=');
	char *key = alloc_slice(text, equals ? (size_t)(equals - text) : strlen(text));
	const struct options_row *row = options_find(walk->table, key, 0), *nearest;
	const char *value = equals ? equals + 1 : NULL;
	int failed = -1;

	if (!row) {
		nearest = options_nearest(walk->table, key);
		errors_set(err, "unknown option --%s; %s%s%s", key, nearest ? "did you mean --" : "see waitfor --help",
			   nearest ? nearest->key : "", nearest ? "?" : "");
		goto out;
	}
	if (!value && row->type == OPTIONS_FLAG)
		value = "true";
	else if (!value && walk->at + 1 < walk->argc && strcmp(walk->argv[walk->at + 1], "--") != 0)
		value = walk->argv[++walk->at];
	failed = value ? options_store(row, walk->fields, value, err) : options_missing_argument(row, err);
	if (failed && value)
		errors_prefix(err, "--%s", row->key);
out:
	free(key);
	return failed;
}

/* "-q", "-qv", "-t5", "-t 5", "-qt5s" */
static int options_take_short(struct options_walk *walk, struct error *err)
{
	for (const char *letter = walk->argv[walk->at] + 1; *letter; letter++) {
		const struct options_row *row = options_find(walk->table, NULL, *letter);
		const char *value = "true";

		if (!row)
			return errors_set(err, "unknown option -%c; see waitfor --help", *letter);
		if (row->type != OPTIONS_FLAG) {
			value = letter[1] ? letter + 1 : NULL;
			if (!value && walk->at + 1 < walk->argc && strcmp(walk->argv[walk->at + 1], "--") != 0)
				value = walk->argv[++walk->at];
			if (!value)
				return options_missing_argument(row, err);
		}
		if (options_store(row, walk->fields, value, err))
			return errors_prefix(err, "-%c/--%s", *letter, row->key);
		if (row->type != OPTIONS_FLAG)
			return 0;
	}
	return 0;
}

int options_load_argv(const struct options_table *table, int argc, char **argv, void *fields, char **operands,
		      size_t *operand_count, int *rest, struct error *err)
{
	struct options_walk walk = {.table = table, .argv = argv, .argc = argc, .at = 1, .fields = fields};

	*operand_count = 0;
	for (; walk.at < argc; walk.at++) {
		const char *text = argv[walk.at];
		int failed = 0;

		if (strcmp(text, "--") == 0) {
			walk.at++;
			break;
		}
		if (text[0] == '-' && text[1] == '-')
			failed = options_take_long(&walk, err);
		else if (text[0] == '-' && text[1])
			failed = options_take_short(&walk, err);
		else
			operands[(*operand_count)++] = argv[walk.at];
		if (failed)
			return -1;
	}
	*rest = walk.at;
	return 0;
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
