#include "cli/front/frontcall.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/fronturl.h"

/* Adds the parameter of a URL that the option stands for. Its value is "true" if it takes none. */
static void frontcall_add_parameter(struct frontline *line, const struct frontargs_option *option, const char *value)
{
	struct buf *out = option->sign == '+' ? &line->secured : &line->parameters;

	buf_add_text(out, "&");
	buf_add(out, option->meaning, (size_t)option->meaning_length);
	fronturl_add(out, "=", option->takes_value ? value : "true");
}

/* Keeps a word, or the value of an option. */
static void frontcall_keep(struct frontline *line, const struct frontargs *args, int option)
{
	if (option == FRONTARGS_WORD) {
		frontline_add(&line->words, alloc_text(args->word));
		return;
	}
	line->values[option] = args->value ? args->value : "";
	if (args->is_off || (args->value && !*args->value && line->front->drops_empty))
		line->values[option] = NULL;
}

/* Completes the values with those of the table, and adds the parameters that they are. */
static void frontcall_complete(struct frontline *line)
{
	const char *rest = line->front->options, **values = line->values;
	struct frontargs_option option;

	for (int i = 0; frontargs_read(&rest, &option); i++) {
		if (!values[i] && option.standard_length)
			values[i] = frontline_keep(line, alloc_slice(option.standard, (size_t)option.standard_length));
		if (values[i] && (option.sign == ':' || option.sign == '+'))
			frontcall_add_parameter(line, &option, values[i]);
	}
}

/* Adds the options of waitfor's that those of the tool stand for. The command finds the environment as the tool leaves it. */
static void frontcall_translate(struct frontline *line)
{
	const char *rest = line->front->options;
	struct frontargs_option option;

	for (int i = 0; frontargs_read(&rest, &option); i++) {
		if (!line->values[i] || option.sign != '>')
			continue;
		frontline_option(line, frontline_keep(line, alloc_slice(option.meaning, (size_t)option.meaning_length)),
				 option.takes_value ? line->values[i] : NULL);
	}
	if (line->command)
		frontline_option(line, "--no-export", NULL);
	if (line->command && line->runs_anyway)
		frontline_option(line, "--run-anyway", NULL);
}

/* Reads the words of the command line, and what follows them: the command, or more words. */
static void frontcall_read_words(struct frontline *line, int argc, char **argv)
{
	const struct front *front = line->front;
	struct frontargs args = {.style = front->style, .options = front->options, .argc = argc, .argv = argv, .at = 1};
	int option;

	while (!line->ends && (option = frontargs_next(&args)) != FRONTARGS_END)
		if (args.is_off || !front->take(line, &args, option))
			frontcall_keep(line, &args, option);
	line->is_bare = argc < 2 || (argc == 2 && strcmp(argv[1], "--") == 0);
	if (args.at < argc && !front->starts_nothing)
		line->command = argv + args.at;
	for (; args.at < argc && front->starts_nothing; args.at++)
		frontline_add(&line->words, alloc_text(argv[args.at]));
}

void frontcall_read(struct frontline *line, int argc, char **argv)
{
	buf_add_text(&line->parameters, ""); /* so that there is a text */
	buf_add_text(&line->secured, "");
	if (line->front->take)
		frontcall_read_words(line, argc, argv);
	frontcall_complete(line);
	if (!line->ends)
		line->front->settle(line);
	if (!line->targets.count)
		frontline_nothing(line);
	frontcall_translate(line);
}

void frontcall_say_option(struct frontline *line, const struct frontargs_option *option)
{
	if (option->letter)
		frontline_say(line, "-%c, ", option->letter);
	frontline_say(line, "%s%.*s", line->front->style == FRONTARGS_GO ? "-" : "--", option->name_length,
		      option->name);
}

void frontcall_usage(struct frontline *line, int stream, int code)
{
	const struct front *front = line->front;
	const char *rest = front->options;
	struct frontargs_option option;

	frontline_say(line, "%s%s%s", front->usage[0], line->prog, front->usage[1]);
	while (frontargs_read(&rest, &option)) {
		if (option.sign == '!')
			continue;
		frontline_say(line, "  ");
		frontcall_say_option(line, &option);
		frontline_say(line, "%s%.*s\n",
			      !option.takes_value      ? ""
			      : option.standard_length ? "="
						       : "=VALUE",
			      option.standard_length, option.standard);
	}
	frontline_end(line, stream, code);
}

void frontcall_version(struct frontline *line, const char *version)
{
	frontline_say(line, "%s (waitfor " WAITFOR_VERSION ")\n", version);
	frontline_end(line, STDOUT_FILENO, 0);
}
