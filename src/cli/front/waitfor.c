/*
 * eficode's wait-for, version 2.2.4.
 * https://github.com/eficode/wait-for/blob/v2.2.4/wait-for
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"

/* clang-format off */
#define WAITFOR_OPTIONS(X) \
	X(WAITFOR_TIMEOUT, "t,timeout=15>-t") X(WAITFOR_QUIET, "q,quiet>-q") X(WAITFOR_VERSION_ASKED, "v,version") \
	X(WAITFOR_HELP, "help")
/* clang-format on */

enum { WAITFOR_OPTIONS(FRONTARGS_NUMBER) };
enum { WAITFOR_FAULT = 1, WAITFOR_NO_TARGET = 2, WAITFOR_WRONG_LIMIT = 3 };

static const char WAITFOR_INCOMPLETE[] = "Error: you need to provide a host and port to test.";

/* Says the line, unless -q was read before it, and how it is done right. */
static void waitfor_refuse(struct frontline *line, int code, const char *what, const char *word, const char *after)
{
	if (!line->values[WAITFOR_QUIET])
		frontline_say(line, "%s%s%s\n", what, word, after);
	frontcall_usage(line, STDERR_FILENO, code);
}

static void waitfor_take_place(struct frontline *line, const char *place, const char *colon)
{
	char *host = alloc_slice(place, (size_t)(colon - place));

	frontline_target(line, fronturl_place("tcp://", host, colon + 1), NULL);
	free(host);
}

/* Takes "host:port" or a URL. wget, which asks a URL, follows redirects, and succeeds with a status of 2xx. */
static void waitfor_take_word(struct frontline *line, const char *word)
{
	const char *colon = strrchr(word, ':');

	if (frontline_after(word, "http://") || frontline_after(word, "https://"))
		frontline_target(line, fronturl_join(line, word, "&follow=20&status=200-299"), NULL);
	else if (strstr(word, "://"))
		frontline_target(line, alloc_text(word), NULL);
	else if (colon > word && colon[1])
		waitfor_take_place(line, word, colon);
	else
		waitfor_refuse(line, WAITFOR_NO_TARGET, WAITFOR_INCOMPLETE, "", "");
}

static bool waitfor_take(struct frontline *line, struct frontargs *args, int option)
{
	bool is_word = option == FRONTARGS_WORD;

	if (is_word && strchr(args->word, ':')) {
		waitfor_take_word(line, args->word);
	} else if (is_word || option == FRONTARGS_MISSING) {
		waitfor_refuse(line, WAITFOR_FAULT, "Unknown argument: ", is_word ? args->word : "", "");
	} else if (option < 0) {
		line->values[WAITFOR_QUIET] = NULL;
		waitfor_refuse(line, WAITFOR_FAULT, "Unknown option: ", args->word, "");
	} else if (option == WAITFOR_VERSION_ASKED) {
		frontcall_version(line, "2.2.4");
	} else if (option == WAITFOR_HELP) {
		frontcall_usage(line, STDERR_FILENO, 0);
	}
	return option < 0;
}

static void waitfor_settle(struct frontline *line)
{
	const char *limit = line->values[WAITFOR_TIMEOUT];

	if (!frontargs_is_whole(limit))
		waitfor_refuse(line, WAITFOR_WRONG_LIMIT, "Error: invalid timeout '", limit, "'");
	else if (!line->targets.count)
		waitfor_refuse(line, WAITFOR_NO_TARGET, WAITFOR_INCOMPLETE, "", "");
}

static void waitfor_say(struct frontline *line, const struct frontline_news *news)
{
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT)
		frontline_say(line, "Operation timed out\n");
}

const struct front front_waitfor = {
	.names = "wait-for|wait-for.sh",
	.usage = {"Usage:\n  ", " host:port|url [-t timeout] [-- command args]\n"},
	.style = FRONTARGS_SHELL,
	.options = WAITFOR_OPTIONS(FRONTARGS_TEXT),
	.take = waitfor_take,
	.settle = waitfor_settle,
	.say = waitfor_say,
	.stream = STDERR_FILENO,
	.late = 1,
	.fault = WAITFOR_FAULT,
};
