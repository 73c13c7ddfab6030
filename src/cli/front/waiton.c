/*
 * wait-on of node, version 8: its command line. It starts no command.
 * https://github.com/jeffbski/wait-on/blob/master/bin/wait-on, https://github.com/jeffbski/wait-on/blob/master/bin/usage.txt
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* Those that take a time come first. */
/* clang-format off */
#define WAITON_OPTIONS(X) \
	X(WAITON_TIMEOUT, "t,timeout=0>-t") X(WAITON_TCP, "tcpTimeout=") X(WAITON_HTTP, "httpTimeout=>--attempt-timeout") \
	X(WAITON_INTERVAL, "i,interval=>--max-interval") X(WAITON_DELAY, "d,delay=") X(WAITON_WINDOW, "w,window=750ms") \
	X(WAITON_SIMULTANEOUS, "s,simultaneous=") X(WAITON_CONFIG, "c,config=!") X(WAITON_LOG, "l,log") \
	X(WAITON_REVERSE, "r,reverse>--down=absent") X(WAITON_VERBOSE, "v,verbose") X(WAITON_HELP, "h,help")
/* clang-format on */

enum { WAITON_OPTIONS(FRONTARGS_NUMBER) };
enum { WAITON_FAILED = 1 };

/* Takes a time as waitfor reads it: milliseconds if it has no unit. */
static void waiton_take_time(struct frontline *line, const struct frontargs *args, int option)
{
	const char *text = args->value, *unit = text[strspn(text, "0123456789.")] ? "" : "ms";

	if (!*text)
		return;
	line->values[option] = frontline_keep(line, alloc_format("%s%s", text, unit));
	if (frontargs_duration(line->values[option]) < 0) {
		frontline_say(line, "ValidationError: %s must be a number, and not \"%s\"\n", args->word, text);
		frontline_end(line, STDERR_FILENO, WAITON_FAILED);
	}
}

/* Skips the value of an option that is unknown, as minimist does. */
static void waiton_skip(struct frontargs *args)
{
	const char *next = args->at < args->argc ? args->argv[args->at] : "-";

	if (*next != '-' && !strchr(args->word, '=') && !frontline_after(args->word, "--no-"))
		args->at++;
}

static bool waiton_take(struct frontline *line, struct frontargs *args, int option)
{
	bool is_time = option >= 0 && option <= WAITON_WINDOW;

	if (is_time)
		waiton_take_time(line, args, option);
	else if (option == WAITON_CONFIG)
		frontline_refuse(line, WAITON_FAILED,
				 "Error: waitfor reads no --config of wait-on; write it as options");
	else if (option == WAITON_HELP)
		frontcall_usage(line, STDOUT_FILENO, WAITON_FAILED);
	else if (option == FRONTARGS_UNKNOWN)
		waiton_skip(args);
	return is_time || (option < 0 && option != FRONTARGS_WORD);
}

/*
 * Returns the URL for a resource of HTTP. HEAD is sent, or GET for http-get://. axios follows five redirects, 2xx is what
 * wait-on waits for, and it accepts every certificate. The caller's.
 */
static char *waiton_web(const struct frontline *line, const char *resource)
{
	const char *rest = strstr(resource, "://") + 3, *socket = frontline_after(rest, "unix:");
	bool gets = frontline_after(rest - 7, "-get://"), is_tls = !socket && frontline_after(resource, "https");
	char *url = alloc_format("http%s://%s%s",
				 socket   ? "+unix"
				 : is_tls ? "s"
					  : "",
				 socket ? socket : rest, socket || strpbrk(rest, "/?") ? "" : "/");
	char *joined =
		fronturl_join(line, url, gets ? "&follow=5&status=200-299" : "&method=HEAD&follow=5&status=200-299");

	free(url);
	return joined;
}

/* Returns the URL for a file. That of a relative path is found through this process's own folder. The caller's. */
static char *waiton_file(const struct frontline *line, const char *path)
{
	char *url = fronturl_path(*path == '/' ? "file://" : "file:///proc/self/cwd/", path);
	char *target =
		alloc_format(line->values[WAITON_REVERSE] ? "%s" : "%s?stable=%s", url, line->values[WAITON_WINDOW]);

	free(url);
	return target;
}

/* Returns the target for a resource. The caller's. */
static char *waiton_target(const struct frontline *line, const char *resource)
{
	const char *place = frontline_after(resource, "tcp:"), *socket = frontline_after(resource, "socket:");
	const char *path = frontline_after(resource, "file:"), *web = frontline_after(resource, "http");

	if (strstr(resource, "://") && *resource != '-') /* for waitfor that is an option */
		return web && strchr(":s-", *web) ? waiton_web(line, resource) : alloc_text(resource);
	if (place)
		return alloc_format(strchr(place, ':') ? "tcp://%s" : "tcp://localhost:%s", place);
	if (socket)
		return alloc_format("unix://%s", socket);
	return waiton_file(line, path ? path : resource);
}

static void waiton_settle(struct frontline *line)
{
	const char **values = line->values;

	if (!line->words.count) {
		frontcall_usage(line, STDOUT_FILENO, WAITON_FAILED);
		return;
	}
	buf_add_text(&line->secured, "&insecure=true");
	for (size_t i = 0; i < line->words.count; i++) {
		const char *resource = line->words.items[i];

		frontline_target(line, waiton_target(line, resource),
				 strstr(resource, "://") ? mask_target(resource, scheme_parameter)
							 : alloc_text(resource));
	}
	if (!values[WAITON_HTTP])
		values[WAITON_HTTP] = values[WAITON_TCP];
	if (values[WAITON_DELAY])
		line->before = frontargs_duration(values[WAITON_DELAY]);
}

static size_t waiton_count(const struct sinks_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++)
		count += view->list[i].state != PROGRESS_DONE;
	return count;
}

/* Says which resources are not as they should be yet. */
static void waiton_say_missing(struct frontline *line, const struct sinks_view *view)
{
	frontline_say_subjects(line, view, true, ", ");
	frontline_say(line, "\n");
}

static void waiton_say_progress(struct frontline *line, const struct frontline_news *news)
{
	bool begins = news->moment == FRONTLINE_BEGIN && news->progress == news->view->list;
	size_t count = waiton_count(news->view);

	if (begins && line->values[WAITON_REVERSE])
		frontline_say(line, "wait-on reverse mode - waiting for resources to be unavailable\n");
	if (count && (begins || news->moment == FRONTLINE_DONE)) {
		frontline_say(line, "waiting for %d resources: ", (int)count);
		waiton_say_missing(line, news->view);
	}
	if (news->moment == FRONTLINE_TRIED && line->values[WAITON_VERBOSE]) {
		frontline_say(line, "  %s: ", news->subject);
		frontline_say_reason(line, news->progress, "");
	}
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_READY)
		frontline_say(line, "wait-on(%d) complete\n", (int)getpid());
}

static void waiton_say(struct frontline *line, const struct frontline_news *news)
{
	if (line->values[WAITON_LOG] || line->values[WAITON_VERBOSE])
		waiton_say_progress(line, news);
	if (news->moment != FRONTLINE_END || news->verdict != VERDICT_TIMED_OUT)
		return;
	line->stream = STDERR_FILENO;
	frontline_say(line, "Error: Timed out waiting for: ");
	waiton_say_missing(line, news->view);
}

const struct front front_waiton = {
	.names = "wait-on",
	.usage = {"Usage: ", " {OPTIONS} resource [...resource]\n"
			     "Resources: PATH file:PATH tcp:[HOST:]PORT socket:PATH http[s][-get]://...\n"},
	.style = FRONTARGS_PFLAG,
	.options = WAITON_OPTIONS(FRONTARGS_TEXT),
	.take = waiton_take,
	.drops_empty = true,
	.settle = waiton_settle,
	.say = waiton_say,
	.stream = STDOUT_FILENO,
	.late = WAITON_FAILED,
	.fault = WAITON_FAILED,
	.starts_nothing = true,
};
