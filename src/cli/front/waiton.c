/*
 * wait-on of node, version 8: its command line. It starts no command.
 * https://github.com/jeffbski/wait-on/blob/master/bin/wait-on, https://github.com/jeffbski/wait-on/blob/master/bin/usage.txt
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* clang-format off */
#define WAITON_OPTIONS(X) \
	X(WAITON_TIMEOUT, "t,timeout=") X(WAITON_TCP, "tcpTimeout=") X(WAITON_HTTP, "httpTimeout=") \
	X(WAITON_DELAY, "d,delay=") X(WAITON_INTERVAL, "i,interval=") X(WAITON_WINDOW, "w,window=") \
	X(WAITON_SIMULTANEOUS, "s,simultaneous=") X(WAITON_CONFIG, "c,config=") X(WAITON_LOG, "l,log") \
	X(WAITON_REVERSE, "r,reverse") X(WAITON_VERBOSE, "v,verbose") X(WAITON_HELP, "h,help")
/* clang-format on */

enum { WAITON_OPTIONS(FRONTARGS_NUMBER) WAITON_COUNT };
enum { WAITON_SILENT, WAITON_LOGS, WAITON_TELLS_ALL };
enum { WAITON_FAILED = 1 };

static const char waiton_options[] = WAITON_OPTIONS(FRONTARGS_TEXT);

static void waiton_usage(struct frontline *line)
{
	frontline_say(line, "Usage: wait-on {OPTIONS} resource [...resource]\n\n"
			    "Resources: PATH file:PATH tcp:[HOST:]PORT socket:PATH http[s]://... http[s]-get://...\n"
			    "           http://unix:SOCKET:/PATH\n\n"
			    "  -t, --timeout MS      give up after that time; also 10s, 5m, 1h\n"
			    "  -i, --interval MS     the longest pause between two attempts\n"
			    "  -d, --delay MS        wait before the first attempt\n"
			    "  -w, --window MS       how long a file must not change (750)\n"
			    "  --tcpTimeout, --httpTimeout MS\n"
			    "  -r, --reverse         wait until nothing is there\n"
			    "  -l, --log; -v, --verbose\n");
	frontline_end(line, STDOUT_FILENO, WAITON_FAILED);
}

/* Returns the time as waitfor reads it: milliseconds if it has no unit. NULL if it is none. The caller's. */
static char *waiton_time(const char *text)
{
	char *time = alloc_format("%s%s", text, text[strspn(text, "0123456789.")] ? "" : "ms");

	if (frontargs_duration(time) >= 0)
		return time;
	free(time);
	return NULL;
}

/* Skips the value of an option that is unknown, as minimist does. */
static void waiton_skip(struct frontargs *args)
{
	const char *next = args->at < args->argc ? args->argv[args->at] : "-";

	if (*next != '-' && !strchr(args->word, '=') && strncmp(args->word, "--no-", 5) != 0)
		args->at++;
}

/* Takes an option, or the resource of a word. */
static void waiton_take(struct frontline *line, struct frontargs *args, int option, char **values,
			struct frontline_list *resources)
{
	if (option == FRONTARGS_WORD)
		frontline_add(resources, alloc_text(args->word));
	else if (option == FRONTARGS_UNKNOWN)
		waiton_skip(args);
	if (option < 0)
		return;
	free(values[option]);
	values[option] = option <= WAITON_WINDOW ? waiton_time(args->value) : alloc_text("");
	if (!values[option])
		frontline_refuse(line, WAITON_FAILED, "ValidationError: %s must be a number, and not \"%s\"\n",
				 args->word, args->value);
	else if (option == WAITON_CONFIG)
		frontline_refuse(line, WAITON_FAILED,
				 "Error: waitfor reads no --config of wait-on; write it as options\n");
}

/*
 * Returns the URL for a resource of HTTP. HEAD is sent, or GET for http-get://. axios follows five redirects, 2xx is what
 * wait-on waits for, and it accepts every certificate. The caller's.
 */
static char *waiton_web(const char *resource)
{
	const char *rest = strstr(resource, "://") + 3;
	bool gets = strncmp(rest - 7, "-get://", 7) == 0, is_tls = strncmp(resource, "https", 5) == 0;
	bool is_unix = strncmp(rest, "unix:", 5) == 0, has_path = is_unix || strpbrk(rest, "/?");

	return alloc_format("http%s://%s%s%c%sfollow=5&status=200-299%s",
			    is_unix  ? "+unix"
			    : is_tls ? "s"
				     : "",
			    rest + (is_unix ? 5 : 0), has_path ? "" : "/", strchr(rest, '?') ? '&' : '?',
			    gets ? "" : "method=HEAD&", is_tls ? "&insecure=true" : "");
}

/* Returns the URL for a file. That of a relative path is found through this process's own folder. The caller's. */
static char *waiton_file(const char *path, char *const *values)
{
	char *url = fronturl_file(*path == '/' ? "" : "/proc/self/cwd/", path);
	char *target = alloc_format(values[WAITON_REVERSE] ? "%s" : "%s?stable=%s", url,
				    values[WAITON_WINDOW] ? values[WAITON_WINDOW] : "750ms");

	free(url);
	return target;
}

/* Returns the target for a resource. The caller's. */
static char *waiton_target(const char *resource, char *const *values)
{
	if (strstr(resource, "://"))
		return strncmp(resource, "http", 4) == 0 && strchr(":s-", resource[4]) ? waiton_web(resource)
										       : alloc_text(resource);
	if (strncmp(resource, "tcp:", 4) == 0)
		return alloc_format(strchr(resource + 4, ':') ? "tcp://%s" : "tcp://localhost:%s", resource + 4);
	if (strncmp(resource, "socket:", 7) == 0)
		return alloc_format("unix://%s", resource + 7);
	return waiton_file(resource + (strncmp(resource, "file:", 5) == 0 ? 5 : 0), values);
}

static void waiton_add(struct frontline *line, const char *resource, char *const *values)
{
	char *shown = strstr(resource, "://") ? mask_target(resource, scheme_parameter) : alloc_text(resource);

	frontline_target(line, waiton_target(resource, values), shown);
}

static void waiton_settle(struct frontline *line, char *const *values, const struct frontline_list *resources)
{
	const char *attempt = values[WAITON_HTTP] ? values[WAITON_HTTP] : values[WAITON_TCP];

	for (size_t i = 0; i < resources->count; i++)
		waiton_add(line, resources->items[i], values);
	frontline_option(line, "-t", values[WAITON_TIMEOUT] ? values[WAITON_TIMEOUT] : "0");
	if (attempt)
		frontline_option(line, "--attempt-timeout", attempt);
	if (values[WAITON_INTERVAL])
		frontline_option(line, "--max-interval", values[WAITON_INTERVAL]);
	if (values[WAITON_REVERSE])
		frontline_option(line, "--down=absent", NULL);
	if (values[WAITON_DELAY])
		line->before = frontargs_duration(values[WAITON_DELAY]);
	line->strict = values[WAITON_REVERSE] != NULL;
	line->level = values[WAITON_VERBOSE] ? WAITON_TELLS_ALL : values[WAITON_LOG] ? WAITON_LOGS : WAITON_SILENT;
}

static void waiton_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_PFLAG, waiton_options, argc, argv, .at = 1};
	struct frontline_list resources = {0};
	char *values[WAITON_COUNT] = {NULL};
	int option;

	(void)env;
	while (!line->ends && (option = frontargs_next(&args)) != FRONTARGS_END)
		waiton_take(line, &args, option, values, &resources);
	for (; args.at < argc; args.at++)
		frontline_add(&resources, alloc_text(argv[args.at]));
	if (!line->ends && (values[WAITON_HELP] || !resources.count))
		waiton_usage(line);
	else if (!line->ends)
		waiton_settle(line, values, &resources);
	for (size_t i = 0; i < WAITON_COUNT; i++)
		free(values[i]);
	frontline_release_list(&resources);
}

/* Says which resources are not as they should be yet, with a comma between them. Returns how many they are. */
static size_t waiton_list(struct buf *out, const struct frontline *line, const struct sinks_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++) {
		if (view->list[i].state == PROGRESS_DONE)
			continue;
		buf_add_text(out, count++ ? ", " : "");
		buf_add_text(out, frontline_subject(line, view, &view->list[i]));
	}
	return count;
}

static void waiton_say_remaining(struct frontline *line, const struct sinks_view *view)
{
	struct buf names = {0};
	size_t count = waiton_list(&names, line, view);

	if (count)
		frontline_say(line, "waiting for %d resources: %s\n", (int)count, names.data);
	buf_release(&names);
}

static void waiton_say_end(struct frontline *line, const struct frontline_news *news)
{
	struct buf names = {0};

	if (news->verdict == VERDICT_READY && line->level)
		frontline_say(line, "wait-on(%d) complete\n", (int)getpid());
	if (news->verdict != VERDICT_TIMED_OUT)
		return;
	waiton_list(&names, line, news->view);
	line->stream = STDERR_FILENO;
	frontline_say(line, "Error: Timed out waiting for: %s\n", names.data);
	buf_release(&names);
}

static void waiton_say(struct frontline *line, const struct frontline_news *news)
{
	bool begins = news->moment == FRONTLINE_BEGIN && news->progress == news->view->list;

	if (begins && line->level && line->strict)
		frontline_say(line, "wait-on reverse mode - waiting for resources to be unavailable\n");
	if (line->level && (begins || news->moment == FRONTLINE_DONE))
		waiton_say_remaining(line, news->view);
	if (news->moment == FRONTLINE_TRIED && line->level == WAITON_TELLS_ALL)
		frontline_say(line, "  %s: %s\n", news->subject, news->reason);
	if (news->moment == FRONTLINE_END)
		waiton_say_end(line, news);
}

const struct front front_waiton = {
	.names = "wait-on",
	.read = waiton_read,
	.say = waiton_say,
	.stream = STDOUT_FILENO,
	.late = WAITON_FAILED,
	.fault = WAITON_FAILED,
};
