#include "cli/front/frontargs.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

/* An option, as a part of the text of all. */
struct frontargs_option {
	char letter; /* 0: none */
	const char *name;
	size_t len; /* of the name */
	bool takes_value;
	const char *text, *parameter;
	size_t parameter_length;
};

/* Reads the option at *at, and moves *at behind it. Returns false at the end of the text. */
static bool frontargs_read(const char **at, struct frontargs_option *option)
{
	const char *text = *at + strspn(*at, " ");

	option->text = text;
	option->letter = *text && text[1] == ',' ? *text : '\0';
	option->name = text + (option->letter ? 2 : 0);
	option->len = strcspn(option->name, "=: ");
	option->takes_value = option->name[option->len] == '=';
	option->parameter = option->name + option->len + option->takes_value;
	option->parameter += *option->parameter == ':';
	option->parameter_length = strcspn(option->parameter, " ");
	*at = option->parameter + option->parameter_length;
	return option->len > 0;
}

/* Notes which option was found. */
static void frontargs_note(struct frontargs *args, const struct frontargs_option *option)
{
	args->option = option->text;
	args->parameter = option->parameter;
	args->parameter_length = option->parameter_length;
}

/* Takes the next word as the value of the option `found`. */
static int frontargs_take(struct frontargs *args, int found)
{
	if (args->at >= args->argc)
		return FRONTARGS_MISSING;
	args->value = args->argv[args->at++];
	return found;
}

static int frontargs_find_letter(const struct frontargs *args, char letter, struct frontargs_option *option)
{
	const char *rest = args->options;

	for (int i = 0; frontargs_read(&rest, option); i++)
		if (option->letter == letter)
			return i;
	return FRONTARGS_UNKNOWN;
}

/* Reads what Go takes for true or false: https://pkg.go.dev/strconv#ParseBool. Returns -1 for another word. */
static int frontargs_bool(const char *value)
{
	static const char words[][6] = {"0", "f", "false", "1", "t", "true"};

	for (int i = 0; i < 6; i++)
		if (strcasecmp(value, words[i]) == 0)
			return i / 3;
	return -1;
}

/* Reads the value behind the '=' of the option `found`. */
static int frontargs_read_value(struct frontargs *args, int found, bool takes_value, const char *value)
{
	int on = takes_value ? true : frontargs_bool(value);

	if (!takes_value && args->style < FRONTARGS_PFLAG)
		return FRONTARGS_UNWANTED;
	args->value = value;
	if (on < 0)
		return FRONTARGS_NEITHER;
	return on ? found : frontargs_next(args);
}

/* Reads the option at the first of the letters. */
static int frontargs_read_letter(struct frontargs *args, const char *letters)
{
	bool joined = letters[1] != '\0';
	struct frontargs_option option;
	int found = frontargs_find_letter(args, *letters, &option);

	args->letters = NULL;
	args->letter = *letters;
	if (found < 0 || (joined && args->style == FRONTARGS_EXACT))
		return FRONTARGS_UNKNOWN;
	frontargs_note(args, &option);
	if (args->style == FRONTARGS_PFLAG && letters[1] == '=')
		return frontargs_read_value(args, found, option.takes_value, letters + 2);
	if (joined && option.takes_value)
		args->value = letters + 1;
	else if (joined)
		args->letters = letters + 1;
	else if (option.takes_value)
		return frontargs_take(args, found);
	return found;
}

/* Finds the option with that name, or whose name alone begins so. Returns FRONTARGS_UNKNOWN if there is none. */
static int frontargs_find(const struct frontargs *args, const char *name, size_t len, struct frontargs_option *found)
{
	const char *rest = args->options;
	struct frontargs_option option;
	int number = FRONTARGS_UNKNOWN, candidates = 0;

	for (int i = 0; frontargs_read(&rest, &option); i++) {
		if (option.len < len || strncmp(option.name, name, len) != 0)
			continue;
		*found = option;
		number = i;
		if (option.len == len)
			return i;
		candidates++;
	}
	return args->style == FRONTARGS_GETOPT && candidates == 1 ? number : FRONTARGS_UNKNOWN;
}

static int frontargs_read_name(struct frontargs *args, const char *name)
{
	size_t len = strcspn(name, "=");
	struct frontargs_option option;
	int found = frontargs_find(args, name, len, &option);

	args->letter = '\0';
	if (found < 0)
		return found;
	frontargs_note(args, &option);
	if (name[len] == '=')
		return frontargs_read_value(args, found, option.takes_value, name + len + 1);
	if (!option.takes_value)
		return found;
	return args->style == FRONTARGS_EXACT ? FRONTARGS_UNKNOWN : frontargs_take(args, found);
}

int frontargs_next(struct frontargs *args)
{
	const char *word;

	args->value = NULL;
	args->parameter_length = 0;
	if (args->letters)
		return frontargs_read_letter(args, args->letters);
	if (args->at >= args->argc)
		return FRONTARGS_END;
	word = args->word = args->argv[args->at];
	if (args->style == FRONTARGS_GO && (word[0] != '-' || !word[1]))
		return FRONTARGS_END;
	args->at++;
	if (strcmp(word, "--") == 0)
		return FRONTARGS_END;
	if (word[0] != '-' || !word[1])
		return FRONTARGS_WORD;
	if (word[1] == '-' || args->style == FRONTARGS_GO)
		return frontargs_read_name(args, word + (word[1] == '-' ? 2 : 1));
	return frontargs_read_letter(args, word + 1);
}

int64_t frontargs_duration(const char *text)
{
	struct error ignored = {0};
	int64_t duration;

	return clock_parse(text, &duration, &ignored) ? -1 : duration;
}

bool frontargs_is_duration(const char *text)
{
	return (strpbrk(text, "hms") || strcmp(text, "0") == 0) && frontargs_duration(text) >= 0;
}
