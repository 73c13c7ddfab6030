/*
 * wait-for-it.sh, commit 81b1373, and Debian's wait-for-it.
 * https://github.com/vishnubob/wait-for-it/blob/81b1373f17855a4dc21156cfe1694c31d7d1792e/wait-for-it.sh
 */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"

/* clang-format off */
#define WAITFORIT_OPTIONS(X) \
	X(WAITFORIT_HOST, "h,host=") X(WAITFORIT_PORT, "p,port=") X(WAITFORIT_TIMEOUT, "t,timeout=>-t") \
	X(WAITFORIT_QUIET, "q,quiet>-q") X(WAITFORIT_STRICT, "s,strict") X(WAITFORIT_HELP, "help") \
	X(WAITFORIT_CHILD, "child!") /* how the script calls itself */
/* clang-format on */

enum { WAITFORIT_OPTIONS(FRONTARGS_NUMBER) };

/* Was the option given, or its variable set to 1? */
static bool waitforit_is_on(const struct frontline *line, int option, const char *variable)
{
	return line->values[option] || strcmp(frontline_value(line, option, variable, ""), "1") == 0;
}

/* Says the line, unless it is to be quiet, and how it is done right. */
static void waitforit_refuse(struct frontline *line, const char *what, const char *word)
{
	if (!waitforit_is_on(line, WAITFORIT_QUIET, "WAITFORIT_QUIET"))
		frontline_say(line, "%s%s\n", what, word);
	frontcall_usage(line, STDERR_FILENO, 1);
}

/* Adds a target, which must be there if a word named it, or if there is no other. */
static void waitforit_add(struct frontline *line, const char *host, const char *port)
{
	if (host && *host && port && *port)
		frontline_target(line, fronturl_place("tcp://", host, port), NULL);
	else if (line->words.count || !line->targets.count)
		waitforit_refuse(line, "Error: you need to provide a host and port to test.", "");
}

/* Takes "host:port" in place of -h and -p. If it is not the first, it is another target. */
static void waitforit_take_word(struct frontline *line, const char *word)
{
	const char **values = line->values, *colon = strrchr(word, ':');
	char *host;

	if (strstr(word, "://")) {
		frontline_target(line, alloc_text(word), NULL);
		return;
	}
	if (line->words.count)
		waitforit_add(line, values[WAITFORIT_HOST], values[WAITFORIT_PORT]);
	host = alloc_slice(word, (size_t)(colon - word));
	frontline_add(&line->words, host);
	values[WAITFORIT_HOST] = host;
	values[WAITFORIT_PORT] = colon + 1;
}

static bool waitforit_take(struct frontline *line, struct frontargs *args, int option)
{
	/* At "-t ''" the script reads no further, and so it starts no command. */
	if (option >= 0 && args->letter && args->value && !*args->value)
		args->at = args->argc;
	else if (option == FRONTARGS_WORD && strchr(args->word, ':'))
		waitforit_take_word(line, args->word);
	else if (option == WAITFORIT_HELP)
		frontcall_usage(line, STDERR_FILENO, 1);
	else if (option < 0 && option != FRONTARGS_MISSING)
		waitforit_refuse(line, "Unknown argument: ", args->word);
	return option < 0;
}

static void waitforit_settle(struct frontline *line)
{
	const char **values = line->values;

	waitforit_add(line, frontline_value(line, WAITFORIT_HOST, "WAITFORIT_HOST", NULL),
		      frontline_value(line, WAITFORIT_PORT, "WAITFORIT_PORT", NULL));
	values[WAITFORIT_TIMEOUT] = frontline_value(line, WAITFORIT_TIMEOUT, "WAITFORIT_TIMEOUT", "15");
	if (frontargs_duration(values[WAITFORIT_TIMEOUT]) <= 0) /* what bash takes for no number above 0 */
		values[WAITFORIT_TIMEOUT] = "0";
	if (waitforit_is_on(line, WAITFORIT_QUIET, "WAITFORIT_QUIET"))
		values[WAITFORIT_QUIET] = "";
	if (waitforit_is_on(line, WAITFORIT_STRICT, "WAITFORIT_STRICT"))
		values[WAITFORIT_STRICT] = "";
	line->runs_anyway = !values[WAITFORIT_STRICT];
}

static void waitforit_say_begin(struct frontline *line, const char *limit, const char *subject)
{
	if (strcmp(limit, "0") == 0)
		frontline_say(line, "%s: waiting for %s without a timeout\n", line->prog, subject);
	else
		frontline_say(line, "%s: waiting %s seconds for %s\n", line->prog, limit, subject);
}

static void waitforit_say_late(struct frontline *line, const char *limit, const struct sinks_view *view)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->list[i].state != PROGRESS_DONE)
			frontline_say(line, "%s: timeout occurred after waiting %s seconds for %s\n", line->prog, limit,
				      frontline_subject(line, view, &view->list[i]));
	if (line->command && line->values[WAITFORIT_STRICT])
		frontline_say(line, "%s: strict mode, %s\n", line->prog,
			      line->runs_anyway ? "but WAITFOR_RUN_ANYWAY executes the subprocess"
						: "refusing to execute subprocess");
}

static void waitforit_say(struct frontline *line, const struct frontline_news *news)
{
	const char *limit = line->values[WAITFORIT_TIMEOUT];

	if (line->values[WAITFORIT_QUIET])
		return;
	if (news->moment == FRONTLINE_BEGIN)
		waitforit_say_begin(line, limit, news->subject);
	if (news->moment == FRONTLINE_DONE)
		frontline_say(line, "%s: %s is available after %d seconds\n", line->prog, news->subject,
			      (int)((news->progress->finished - news->view->started) / CLOCK_S));
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT)
		waitforit_say_late(line, limit, news->view);
}

const struct front front_waitforit = {
	.names = "wait-for-it|wait-for-it.sh",
	.usage = {"Usage:\n    ", " host:port [-s] [-t timeout] [-- command args]\n"},
	.style = FRONTARGS_EXACT,
	.options = WAITFORIT_OPTIONS(FRONTARGS_TEXT),
	.take = waitforit_take,
	.settle = waitforit_settle,
	.say = waitforit_say,
	.stream = STDERR_FILENO,
	.late = 124,
	.fault = 1,
};
