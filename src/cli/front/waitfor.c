/*
 * eficode's wait-for, version 2.2.4.
 * https://github.com/eficode/wait-for/blob/v2.2.4/wait-for
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"

/* clang-format off */
#define WAITFOR_OPTIONS(X) \
	X(WAITFOR_QUIET, "q,quiet") X(WAITFOR_TIMEOUT, "t,timeout=") X(WAITFOR_VERSION_ASKED, "v,version") \
	X(WAITFOR_HELP, "help")
/* clang-format on */

enum { WAITFOR_OPTIONS(FRONTARGS_NUMBER) };

static const char waitfor_options[] = WAITFOR_OPTIONS(FRONTARGS_TEXT);
enum { WAITFOR_FAULT = 1, WAITFOR_NO_TARGET = 2, WAITFOR_WRONG_LIMIT = 3 };

static void waitfor_usage(struct frontline *line, int code)
{
	frontline_refuse(line, code,
			 "Usage:\n"
			 "  %s host:port|url [-t timeout] [-- command args]\n"
			 "  -q | --quiet                         say nothing but that the time is up\n"
			 "  -t SECONDS | --timeout=SECONDS       give up after that time (15); 0 for no limit\n"
			 "  -v | --version                       tell the version\n"
			 "  -- COMMAND ARGS                      the command to start when the target is ready\n",
			 line->prog);
}

/* Says the line, unless -q was read before it, and how it is done right. */
static void waitfor_refuse(struct frontline *line, int code, const char *what, const char *word)
{
	if (!line->quiet)
		frontline_say(line, "%s%s\n", what, word);
	waitfor_usage(line, code);
}

/* Adds "host:port" or a URL. wget, which asks a URL, follows redirects, and succeeds with a status of 2xx. */
static void waitfor_take_word(struct frontline *line, const char *word)
{
	static const char condition[] = "follow=20&status=200-299";
	const char *colon = strrchr(word, ':');
	char *host;

	if (strncmp(word, "http://", 7) == 0 || strncmp(word, "https://", 8) == 0) {
		frontline_target(line, alloc_format("%s%c%s", word, strchr(word, '?') ? '&' : '?', condition), NULL);
	} else if (strstr(word, "://")) {
		frontline_target(line, alloc_text(word), NULL);
	} else if (colon > word && colon[1]) {
		host = alloc_slice(word, (size_t)(colon - word));
		frontline_place(line, host, colon + 1);
		free(host);
	}
}

/* Takes one option. Returns false if the call ends with it. */
static bool waitfor_take_option(struct frontline *line, const struct frontargs *args, int option)
{
	switch (option) {
	case WAITFOR_QUIET:
		line->quiet = true;
		return true;
	case WAITFOR_TIMEOUT:
		line->limit = args->value;
		return true;
	case WAITFOR_VERSION_ASKED:
		frontline_say(line, "2.2.4 (waitfor " WAITFOR_VERSION ")\n");
		frontline_end(line, STDOUT_FILENO, 0);
		return false;
	case WAITFOR_HELP:
		waitfor_usage(line, 0);
		return false;
	case FRONTARGS_UNKNOWN:
	case FRONTARGS_UNWANTED:
		line->quiet = false;
		waitfor_refuse(line, WAITFOR_FAULT, "Unknown option: ", args->word);
		return false;
	default: /* a word, or an option without its value */
		waitfor_refuse(line, WAITFOR_FAULT, "Unknown argument: ", option == FRONTARGS_WORD ? args->word : "");
		return false;
	}
}

static void waitfor_check(struct frontline *line)
{
	char *wrong;

	if (!*line->limit || line->limit[strspn(line->limit, "0123456789")]) {
		wrong = alloc_format("Error: invalid timeout '%s'", line->limit);
		waitfor_refuse(line, WAITFOR_WRONG_LIMIT, wrong, "");
		free(wrong);
	} else if (!line->targets.count) {
		waitfor_refuse(line, WAITFOR_NO_TARGET, "Error: you need to provide a host and port to test.", "");
	}
}

static void waitfor_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_SHELL, waitfor_options, argc, argv, .at = 1};
	int option = 0;

	(void)env;
	line->limit = "15";
	while (option != FRONTARGS_END) {
		if (!args.letters && args.at < argc && *argv[args.at] != '-' && strchr(argv[args.at], ':')) {
			waitfor_take_word(line, argv[args.at++]);
			continue;
		}
		option = frontargs_next(&args);
		if (option != FRONTARGS_END && !waitfor_take_option(line, &args, option))
			return;
	}
	waitfor_check(line);
	frontline_option(line, "-t", line->limit);
	if (line->quiet)
		frontline_option(line, "-q", NULL);
	frontline_command(line, argc, argv, args.at);
}

static void waitfor_say(struct frontline *line, const struct frontline_news *news)
{
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT)
		frontline_say(line, "Operation timed out\n");
}

const struct front front_waitfor = {
	.names = "wait-for|wait-for.sh",
	.read = waitfor_read,
	.say = waitfor_say,
	.stream = STDERR_FILENO,
	.late = 1,
	.fault = WAITFOR_FAULT,
};
