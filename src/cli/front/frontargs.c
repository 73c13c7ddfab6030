#include "cli/front/frontargs.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

/*
 * Returns how many letters, digits and dashes there are: up to a sign of the table, or the end of a row. By hand, because
 * strcspn takes several times as many instructions here.
 */
static int frontargs_length(const char *text)
{
	int length = 0;

	while (text[length] > '>' || text[length] == '-' || (text[length] >= '0' && text[length] <= '9'))
		length++;
	return length;
}

bool frontargs_read(const char **at, struct frontargs_option *option)
{
	const char *text = *at + (**at == ' ');

	option->letter = *text && text[1] == ',' ? *text : '\0';
	option->name = text + (option->letter ? 2 : 0);
	option->name_length = frontargs_length(option->name);
	text = option->name + option->name_length;
	option->takes_value = *text == '=';
	option->standard = text + option->takes_value;
	option->standard_length = frontargs_length(option->standard);
	text = option->standard + option->standard_length;
	option->sign = *text;
	option->meaning = text + (*text > ' ');
	option->meaning_length = *text > ' ' ? (int)strcspn(option->meaning, " ") : 0;
	*at = option->meaning + option->meaning_length;
	return option->name_length > 0;
}

/* Takes the next word as the value of the option `found`. */
static int frontargs_take(struct frontargs *args, int found)
{
	if (args->at >= args->argc)
		return FRONTARGS_MISSING;
	args->value = args->argv[args->at++];
	return found;
}

/*
 * Finds the option with that letter, or if it is 0 with that name, or whose name alone begins so. Returns FRONTARGS_UNKNOWN if
 * there is none.
 */
static int frontargs_find(struct frontargs *args, char letter, const char *name, int length)
{
	const char *rest = args->options, *row = rest, *candidate = NULL;
	struct frontargs_option *option = &args->option;
	int number = FRONTARGS_UNKNOWN;

	for (int i = 0; frontargs_read(&rest, option); i++, row = rest) {
		if (letter ? option->letter != letter
			   : option->name_length < length || strncmp(option->name, name, (size_t)length) != 0)
			continue;
		if (letter || option->name_length == length)
			return i;
		number = candidate ? FRONTARGS_UNKNOWN : i;
		candidate = row;
	}
	if (args->style != FRONTARGS_GETOPT || number < 0)
		return FRONTARGS_UNKNOWN;
	frontargs_read(&candidate, option);
	return number;
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
static int frontargs_read_value(struct frontargs *args, int found, const char *value)
{
	bool takes_value = args->option.takes_value;
	int on = takes_value ? true : frontargs_bool(value);

	if (!takes_value && args->style < FRONTARGS_PFLAG)
		return FRONTARGS_UNWANTED;
	args->value = value;
	args->is_off = on == 0;
	return on < 0 ? FRONTARGS_NEITHER : found;
}

/* Reads the option at the first of the letters. */
static int frontargs_read_letter(struct frontargs *args, const char *letters)
{
	bool joined = letters[1] != '\0';
	int found = frontargs_find(args, *letters, "", 0);

	args->letters = NULL;
	args->letter = *letters;
	if (found < 0 || (joined && args->style == FRONTARGS_EXACT))
		return FRONTARGS_UNKNOWN;
	if (args->style == FRONTARGS_PFLAG && letters[1] == '=')
		return frontargs_read_value(args, found, letters + 2);
	if (joined && args->option.takes_value)
		args->value = letters + 1;
	else if (joined)
		args->letters = letters + 1;
	else if (args->option.takes_value)
		return frontargs_take(args, found);
	return found;
}

static int frontargs_read_name(struct frontargs *args, const char *name)
{
	size_t len = strcspn(name, "=");
	int found = frontargs_find(args, '\0', name, (int)len);

	args->letter = '\0';
	if (found < 0)
		return found;
	if (name[len] == '=')
		return frontargs_read_value(args, found, name + len + 1);
	if (!args->option.takes_value)
		return found;
	return args->style == FRONTARGS_EXACT ? FRONTARGS_UNKNOWN : frontargs_take(args, found);
}

int frontargs_next(struct frontargs *args)
{
	const char *word;

	args->value = NULL;
	args->is_off = false;
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

bool frontargs_is_whole(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}
