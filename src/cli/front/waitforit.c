/*
 * wait-for-it.sh, commit 81b1373, and Debian's wait-for-it.
 * https://github.com/vishnubob/wait-for-it/blob/81b1373f17855a4dc21156cfe1694c31d7d1792e/wait-for-it.sh
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"

/* clang-format off */
#define WAITFORIT_OPTIONS(X) \
	X(WAITFORIT_QUIET, "q,quiet") X(WAITFORIT_STRICT, "s,strict") X(WAITFORIT_HOST, "h,host=") \
	X(WAITFORIT_PORT, "p,port=") X(WAITFORIT_TIMEOUT, "t,timeout=") X(WAITFORIT_HELP, "help") \
	X(WAITFORIT_CHILD, "child")
/* clang-format on */

enum { WAITFORIT_OPTIONS(FRONTARGS_NUMBER) };

static const char waitforit_options[] = WAITFORIT_OPTIONS(FRONTARGS_TEXT);

/* The target that is being read. */
struct waitforit_place {
	char *host, *port;
	bool whole; /* from one word "host:port": the next such word is another target */
};

static bool waitforit_is_given(const char *text)
{
	return text && *text;
}

static void waitforit_set(char **field, const char *text)
{
	free(*field);
	*field = alloc_text(text);
}

/* Adds the target, if it is whole, and empties it. */
static void waitforit_flush(struct frontline *line, struct waitforit_place *place)
{
	if (waitforit_is_given(place->host) && waitforit_is_given(place->port))
		frontline_place(line, place->host, place->port);
	free(place->host);
	free(place->port);
	*place = (struct waitforit_place){0};
}

static void waitforit_take_word(struct frontline *line, struct waitforit_place *place, const char *word)
{
	const char *colon = strrchr(word, ':');

	if (strstr(word, "://")) {
		frontline_target(line, alloc_text(word), NULL);
		return;
	}
	if (place->whole)
		waitforit_flush(line, place);
	free(place->host);
	place->host = alloc_slice(word, (size_t)(colon - word));
	waitforit_set(&place->port, colon + 1);
	place->whole = true;
}

static void waitforit_usage(struct frontline *line)
{
	frontline_refuse(line, 1,
			 "Usage:\n"
			 "    %s host:port [-s] [-t timeout] [-- command args]\n"
			 "    -h HOST | --host=HOST, -p PORT | --port=PORT\n"
			 "    -t SECONDS | --timeout=SECONDS    give up after that time (15); 0 for no limit\n"
			 "    -s | --strict                     start the command only if the port is open\n"
			 "    -q | --quiet                      say nothing\n",
			 line->prog);
}

/* Says the line, unless -q was read before it, and how it is done right. */
static void waitforit_refuse(struct frontline *line, const char *what, const char *word)
{
	if (!line->quiet)
		frontline_say(line, "%s%s\n", what, word);
	waitforit_usage(line);
}

/* Takes one option. Returns false if the rest of the command line is not to be read. */
static bool waitforit_take_option(struct frontline *line, struct waitforit_place *place, const struct frontargs *args,
				  int option)
{
	if (option == FRONTARGS_MISSING || (args->letter && args->value && !*args->value))
		return false;
	switch (option) {
	case WAITFORIT_QUIET:
		line->quiet = true;
		return true;
	case WAITFORIT_STRICT:
		line->strict = true;
		return true;
	case WAITFORIT_HOST:
		waitforit_set(&place->host, args->value);
		return true;
	case WAITFORIT_PORT:
		waitforit_set(&place->port, args->value);
		return true;
	case WAITFORIT_TIMEOUT:
		line->limit = args->value;
		return true;
	case WAITFORIT_CHILD: /* how the script calls itself */
		return true;
	case WAITFORIT_HELP:
		waitforit_usage(line);
		return false;
	default:
		waitforit_refuse(line, "Unknown argument: ", args->word);
		return false;
	}
}

/* A limit that bash would not take for a number above 0 is none. */
static void waitforit_settle_limit(struct frontline *line)
{
	if (!waitforit_is_given(line->limit))
		line->limit = "15";
	if (frontargs_duration(line->limit) <= 0)
		line->limit = NULL;
}

static void waitforit_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_EXACT, waitforit_options, argc, argv, .at = 1};
	struct waitforit_place place = {alloc_text(env_get(env, "WAITFORIT_HOST")),
					alloc_text(env_get(env, "WAITFORIT_PORT")), false};
	const char *quiet = env_get(env, "WAITFORIT_QUIET"), *strict = env_get(env, "WAITFORIT_STRICT");
	int option = 0;

	line->limit = env_get(env, "WAITFORIT_TIMEOUT");
	line->quiet = quiet && strcmp(quiet, "1") == 0;
	line->strict = strict && strcmp(strict, "1") == 0;
	for (bool more = true; more;) {
		if (args.at < argc && *argv[args.at] != '-' && strchr(argv[args.at], ':')) {
			waitforit_take_word(line, &place, argv[args.at++]);
			continue;
		}
		option = frontargs_next(&args);
		more = option != FRONTARGS_END && waitforit_take_option(line, &place, &args, option);
	}
	waitforit_flush(line, &place);
	if (!line->ends && !line->targets.count)
		waitforit_refuse(line, "Error: you need to provide a host and port to test.", "");
	waitforit_settle_limit(line);
	frontline_option(line, "-t", line->limit ? line->limit : "0");
	if (line->quiet)
		frontline_option(line, "-q", NULL);
	if (option == FRONTARGS_END)
		frontline_command(line, argc, argv, args.at);
	if (line->command && !line->strict)
		frontline_option(line, "--run-anyway", NULL);
}

static void waitforit_say_begin(struct frontline *line, const char *subject)
{
	if (line->limit)
		frontline_say(line, "%s: waiting %s seconds for %s\n", line->prog, line->limit, subject);
	else
		frontline_say(line, "%s: waiting for %s without a timeout\n", line->prog, subject);
}

static void waitforit_say_end(struct frontline *line, const struct frontline_news *news)
{
	if (news->verdict != VERDICT_TIMED_OUT)
		return;
	for (size_t i = 0; i < news->view->count; i++)
		if (news->view->list[i].state != PROGRESS_DONE)
			frontline_say(line, "%s: timeout occurred after waiting %s seconds for %s\n", line->prog,
				      line->limit, frontline_subject(line, news->view, &news->view->list[i]));
	if (line->command && line->strict)
		frontline_say(line, "%s: strict mode, %s\n", line->prog,
			      line->runs_anyway ? "but WAITFOR_RUN_ANYWAY executes the subprocess"
						: "refusing to execute subprocess");
}

static void waitforit_say(struct frontline *line, const struct frontline_news *news)
{
	if (line->quiet)
		return;
	if (news->moment == FRONTLINE_BEGIN)
		waitforit_say_begin(line, news->subject);
	if (news->moment == FRONTLINE_DONE)
		frontline_say(line, "%s: %s is available after %d seconds\n", line->prog, news->subject,
			      (int)((news->progress->finished - news->view->started) / CLOCK_S));
	if (news->moment == FRONTLINE_END)
		waitforit_say_end(line, news);
}

const struct front front_waitforit = {
	.names = "wait-for-it|wait-for-it.sh",
	.read = waitforit_read,
	.say = waitforit_say,
	.stream = STDERR_FILENO,
	.late = 124,
	.fault = 1,
};
