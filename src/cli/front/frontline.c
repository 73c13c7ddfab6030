#include "cli/front/frontline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "report/words.h"

void frontline_add(struct frontline_list *list, char *item)
{
	enum { STEP = 8 };

	if (list->count % STEP == 0)
		list->items = alloc_resize(list->items, list->count + STEP + 1, sizeof(char *));
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
}

const char *frontline_after(const char *text, const char *beginning)
{
	size_t len = strlen(beginning);

	return strncmp(text, beginning, len) == 0 ? text + len : NULL;
}

const char *frontline_keep(struct frontline *line, char *text)
{
	frontline_add(&line->kept, text);
	return text;
}

const char *frontline_value(const struct frontline *line, int option, const char *variable, const char *otherwise)
{
	const char *value = line->values[option];

	value = value ? value : env_get(line->env, variable);
	return value && *value ? value : otherwise;
}

void frontline_release_list(struct frontline_list *list)
{
	while (list->count)
		free(list->items[--list->count]);
	free(list->items);
	*list = (struct frontline_list){0};
}

/* Copies one word of a shell's to `word`, without quotes. Returns what follows it; NULL if a quote is not closed. */
static const char *frontline_cut_word(const char *text, char *word)
{
	char quote = '\0';

	for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
		if (*text == quote)
			quote = '\0';
		else if (!quote && strchr("'\"", *text))
			quote = *text;
		else if (*text == '\\' && quote != '\'' && text[1])
			*word++ = *++text;
		else
			*word++ = *text;
	}
	*word = '\0';
	return quote ? NULL : text;
}

int frontline_cut(struct frontline_list *words, const char *text)
{
	char *word = alloc_text(text); /* no word is longer than the text */

	while (text && *(text += strspn(text, " \t\n"))) {
		text = frontline_cut_word(text, word);
		frontline_add(words, alloc_text(word));
	}
	free(word);
	return text ? 0 : -1;
}

void frontline_option(struct frontline *line, const char *option, const char *argument)
{
	frontline_add(&line->options, alloc_text(option));
	if (strcmp(option, "--attempt-timeout") == 0 && frontargs_duration(argument) == 0)
		argument = "24h";
	if (argument)
		frontline_add(&line->options, alloc_text(argument));
}

void frontline_target(struct frontline *line, char *target, char *subject)
{
	frontline_add(&line->targets, target);
	frontline_add(&line->subjects, subject);
}

void frontline_nothing(struct frontline *line)
{
	line->waits_for_nothing = true;
	frontline_target(line, alloc_text("file:///."), NULL);
}

void frontline_say(struct frontline *line, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = alloc_format_list(format, args);
	va_end(args);
	buf_add_text(&line->said, text);
	free(text);
}

void frontline_say_reason(struct frontline *line, const struct progress *progress, const char *after)
{
	frontline_say(line, "%s%s\n", words_reason(progress, false).text, after);
}

void frontline_end(struct frontline *line, int stream, int code)
{
	line->ends = true;
	line->stamp = FRONTLINE_STAMP_NONE;
	line->stream = stream;
	line->code = code;
}

void frontline_refuse(struct frontline *line, int code, const char *text)
{
	frontline_say(line, "%s\n", text);
	frontline_end(line, STDERR_FILENO, code);
}

const char *frontline_subject(const struct frontline *line, const struct sinks_view *view,
			      const struct progress *progress)
{
	const char *text = progress->target->text, *place = frontline_after(text, "tcp://");
	size_t index = (size_t)(progress - view->list);

	/* A comma in a target makes two of it. */
	if (view->count == line->subjects.count && line->subjects.items[index])
		return line->subjects.items[index];
	return place ? place : text;
}

void frontline_say_subjects(struct frontline *line, const struct sinks_view *view, bool missing, const char *separator)
{
	const char *before = "";

	for (size_t i = 0; i < view->count; i++) {
		if (missing && view->list[i].state == PROGRESS_DONE)
			continue;
		frontline_say(line, "%s%s", before, frontline_subject(line, view, &view->list[i]));
		before = separator;
	}
}
