#include "fronting.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "unit.h"

enum { FRONTING_WORDS = 32 };

/* A call, with the words that the line points into. */
struct fronting {
	char *text, *words[FRONTING_WORDS + 1], **argv;
	int argc;
	struct env env;
	struct frontline line;
};

static void fronting_open(struct fronting *made, const char *call, const char *const *environ_found)
{
	struct error err = {0};
	char *rest;

	*made = (struct fronting){.text = alloc_text(call)};
	rest = made->text;
	while (rest && made->argc < FRONTING_WORDS)
		made->words[made->argc++] = strsep(&rest, " ");
	made->argv = made->words;
	env_copy(&made->env, (char *const *)environ_found);
	if (front_open(&made->line, &made->argc, &made->argv, &made->env, &err))
		fail_msg("%s: %s", call, err.text);
	check(call, made->line.front != NULL);
}

static void fronting_close(struct fronting *made)
{
	front_close(&made->line);
	env_release(&made->env);
	free(made->text);
}

static char *fronting_join(char *const *argv)
{
	struct buf out = {0};

	for (size_t i = 0; argv[i]; i++) {
		buf_add_text(&out, i ? " " : "");
		buf_add_text(&out, argv[i]);
	}
	return buf_detach(&out);
}

static void fronting_check_case(const struct fronting_case *row)
{
	struct fronting made;
	char *line;

	fronting_open(&made, row->call, row->environ);
	check_int(row->call, made.line.ends ? made.line.code : -1, row->code);
	if (made.line.ends) {
		line = alloc_text(made.line.said.len ? made.line.said.data : "");
		check_int(row->call, made.line.stream, row->stream);
		check_int(row->call, front_code(&made.line, row->code), row->code);
		if (strlen(line) > strlen(row->expected))
			line[strlen(row->expected)] = '\0';
	} else {
		line = fronting_join(made.argv);
		check_text(row->call, made.argv[made.argc], NULL);
	}
	check_text(row->call, line, row->expected);
	free(line);
	fronting_close(&made);
}

void fronting_check(const struct fronting_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fronting_check_case(&cases[i]);
}

char *fronting_say_in(const char *call, const char *const *environ_found, const char *target,
		      const struct fronting_moment *moment, int *late)
{
	struct target parsed = {0};
	struct error err = {0};
	struct fronting made;
	struct progress progress;
	struct sinks_view view = {.list = &progress, .count = 1};
	struct frontline_news news = {
		.moment = moment->moment, .view = &view, .verdict = moment->verdict, .changed = moment->changed};
	char *said;

	if (target_parse(&parsed, target, &err))
		fail_msg("%s: %s", target, err.text);
	progress_init(&progress, &parsed, 0);
	progress.outcome = moment->outcome;
	progress.state = moment->state;
	progress.finished = moment->after;
	if (moment->moment < FRONTLINE_END)
		news.progress = &progress;
	fronting_open(&made, call, environ_found);
	if (news.progress)
		news.subject = frontline_subject(&made.line, &view, &progress);
	buf_release(&made.line.said);
	made.line.front->say(&made.line, &news);
	*late = made.line.late;
	said = buf_detach(&made.line.said);
	fronting_close(&made);
	target_release(&parsed);
	return said;
}

char *fronting_say(const char *call, const char *target, const struct fronting_moment *moment, int *late)
{
	const char *const none[] = {NULL};

	return fronting_say_in(call, none, target, moment, late);
}
