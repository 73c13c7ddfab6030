#include "options/argv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mask.h"

/* Returns the row with that key, or with that letter if key is NULL; NULL if the command line has no such option. */
static const struct options_row *argv_find(const struct options_table *table, const char *key, char letter)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct options_row *row = &table->rows[i];

		if (options_takes(row, OPTIONS_ARGV) && (key ? strcmp(row->key, key) == 0 : row->letter == letter))
			return row;
	}
	return NULL;
}

/* The state while argv is read; `at` is the index of the present word. */
struct argv_walk {
	const struct options_table *table;
	char **argv;
	int argc, at;
	const struct options_values *values;
};

static int argv_missing_argument(const struct options_row *row, struct error *err)
{
	size_t len = 0;
	const char *choice = options_choice(row, 0, &len);

	if (row->type == OPTIONS_DURATION)
		return errors_set(err, "--%s needs a duration; write --%s 10s", row->key, row->key);
	if (choice && row->type == OPTIONS_WORD)
		return errors_set(err, "--%s needs a word; write --%s %.*s", row->key, row->key, (int)len, choice);
	return errors_set(err, "--%s needs an argument; write --%s %s", row->key, row->key, row->arg);
}

static int argv_store_row(const struct argv_walk *walk, const struct options_row *row, const char *text,
			  struct error *err)
{
	return options_store(walk->table, (size_t)(row - walk->table->rows), walk->values, OPTIONS_ARGV, text, err);
}

static int argv_take_long(struct argv_walk *walk, struct error *err)
{
	const char *text = walk->argv[walk->at] + 2, *equals = strchr(text, '=');
	char *key = alloc_slice(text, equals ? (size_t)(equals - text) : strlen(text));
	const struct options_row *row = argv_find(walk->table, key, 0), *nearest;
	const char *value = equals ? equals + 1 : NULL;
	char *shown;
	int failed = -1;

	if (!row) {
		nearest = options_nearest(walk->table, key);
		shown = mask_target(key, NULL);
		errors_set(err, "unknown option --%s; %s%s%s", shown,
			   nearest ? "did you mean --" : "see waitfor --help", nearest ? nearest->key : "",
			   nearest ? "?" : "");
		free(shown);
		goto out;
	}
	if (!value && row->type == OPTIONS_FLAG)
		value = "true";
	else if (!value && walk->at + 1 < walk->argc && strcmp(walk->argv[walk->at + 1], "--") != 0)
		value = walk->argv[++walk->at];
	failed = value ? argv_store_row(walk, row, value, err) : argv_missing_argument(row, err);
	if (failed && value)
		errors_prefix(err, "--%s", row->key);
out:
	free(key);
	return failed;
}

/* Returns the long option that the word after '-' is, or that it is similar to if `similar`; NULL if it is none. */
static const struct options_row *argv_long_of(const struct argv_walk *walk, const char *word, size_t len, bool similar)
{
	char *key = alloc_slice(word, len);
	const struct options_row *row = len > 2 ? argv_find(walk->table, key, 0) : NULL;

	if (!row && similar && len > 2)
		row = options_nearest(walk->table, key);
	free(key);
	return row;
}

static int argv_refuse_word(const char *word, size_t len, const struct options_row *meant, struct error *err)
{
	return errors_set(err, "unknown option -%.*s; did you mean --%s?", (int)len, word, meant->key);
}

/* Refuses an unknown letter. The word may be a long option with one '-': "-versoin". */
static int argv_refuse_letter(const struct argv_walk *walk, const char *letter, struct error *err)
{
	const char *word = walk->argv[walk->at] + 1;
	size_t len = strcspn(word, "=");
	const struct options_row *meant = argv_long_of(walk, word, len, true);

	if (meant)
		return argv_refuse_word(word, len, meant, err);
	return errors_set(err, "unknown option -%c; see waitfor --help", *letter);
}

/* Refuses "-h=VALUE": only a long option has an '='. The value may be a target with a password. */
static int argv_refuse_equals(const struct options_row *row, const char *letter, struct error *err)
{
	char *value = mask_target(letter + 2, NULL);

	if (row->type == OPTIONS_FLAG)
		errors_set(err, "-%c=%s: -%c is --%s, and a short option takes no '='; write --%s=%s", *letter, value,
			   *letter, row->key, row->key, value);
	else
		errors_set(err, "-%c=%s: a short option takes no '='; write -%c %s", *letter, value, *letter, value);
	free(value);
	return -1;
}

/* Reads "-q", "-qv", "-t5", "-t 5", "-qt5s": flags may be joined, and the last letter may take a value. */
static int argv_take_short(struct argv_walk *walk, struct error *err)
{
	const char *word = walk->argv[walk->at] + 1;
	size_t len = strcspn(word, "=");
	const struct options_row *meant = argv_long_of(walk, word, len, false);

	if (meant)
		return argv_refuse_word(word, len, meant, err);
	for (const char *letter = word; *letter; letter++) {
		const struct options_row *row = argv_find(walk->table, NULL, *letter);
		const char *value = "true";

		if (!row)
			return argv_refuse_letter(walk, letter, err);
		if (letter[1] == '=')
			return argv_refuse_equals(row, letter, err);
		if (row->type != OPTIONS_FLAG) {
			value = letter[1] ? letter + 1 : NULL;
			if (!value && walk->at + 1 < walk->argc && strcmp(walk->argv[walk->at + 1], "--") != 0)
				value = walk->argv[++walk->at];
			if (!value)
				return argv_missing_argument(row, err);
		}
		if (argv_store_row(walk, row, value, err))
			return errors_prefix(err, "-%c/--%s", *letter, row->key);
		if (row->type != OPTIONS_FLAG)
			return 0;
	}
	return 0;
}

/* Refuses an option with a carriage return, which no log can show. Quotes no value. */
static int argv_refuse_return(const char *text, struct error *err)
{
	size_t len = text[1] == '-' ? strcspn(text, "=\r") : 2;

	return errors_set(err, "%.*s holds a carriage return, as lines of Windows files do; remove it", (int)len, text);
}

int argv_load(const struct options_table *table, int argc, char **argv, const struct options_values *values,
	      char **operands, size_t *operand_count, int *rest, struct error *err)
{
	struct argv_walk walk = {.table = table, .argv = argv, .argc = argc, .at = 1, .values = values};

	*operand_count = 0;
	for (; walk.at < argc; walk.at++) {
		const char *text = argv[walk.at];
		int failed = 0;

		if (strcmp(text, "--") == 0) {
			walk.at++;
			break;
		}
		if (text[0] == '-' && strchr(text, '\r'))
			failed = argv_refuse_return(text, err);
		else if (text[0] == '-' && text[1] == '-')
			failed = argv_take_long(&walk, err);
		else if (text[0] == '-' && text[1])
			failed = argv_take_short(&walk, err);
		else
			operands[(*operand_count)++] = argv[walk.at];
		if (failed)
			return -1;
	}
	*rest = walk.at;
	return 0;
}
