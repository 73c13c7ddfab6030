/*
 * The wait of dockerize, v0.13, and the flags for it of powerman's fork, v0.25.
 * https://github.com/jwilder/dockerize/blob/master/main.go, https://github.com/powerman/dockerize
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/mask.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* clang-format off */
#define DOCKERIZE_OPTIONS(X) \
	X(DOCKERIZE_WAIT, "wait=") X(DOCKERIZE_LIST, "wait-list=") X(DOCKERIZE_TIMEOUT, "timeout=") \
	X(DOCKERIZE_INTERVAL, "wait-retry-interval=") X(DOCKERIZE_HEADER, "wait-http-header=") \
	X(DOCKERIZE_STATUS, "wait-http-status-code=") X(DOCKERIZE_NO_REDIRECT, "wait-http-skip-redirect") \
	X(DOCKERIZE_INSECURE, "skip-tls-verify:insecure") X(DOCKERIZE_CA, "cacert=:cacert") X(DOCKERIZE_CODE, "exit-code=") \
	X(DOCKERIZE_EXEC, "exec") X(DOCKERIZE_POLL, "poll") X(DOCKERIZE_NO_OVERWRITE, "no-overwrite") \
	X(DOCKERIZE_DELIMS, "delims=") X(DOCKERIZE_TEMPLATE, "template=") X(DOCKERIZE_STDOUT, "stdout=") \
	X(DOCKERIZE_STDERR, "stderr=") X(DOCKERIZE_VERSION, "version") X(DOCKERIZE_HELP, "help") X(DOCKERIZE_H, "h")
/* clang-format on */

enum { DOCKERIZE_OPTIONS(FRONTARGS_NUMBER) };
enum { DOCKERIZE_FAILED = 1, DOCKERIZE_MISUSED = 2 };

static const char dockerize_options[] = DOCKERIZE_OPTIONS(FRONTARGS_TEXT);

/* What the flags say. */
struct dockerize_call {
	struct frontline_list urls;      /* as they were written */
	struct buf statuses, parameters; /* parameters of each URL of HTTP */
	const char *interval;
	bool no_redirect, has_header;
};

static void dockerize_usage(struct frontline *line, int code)
{
	frontline_refuse(line, code,
			 "Usage: dockerize [options] [command]\n\n"
			 "  -wait URL, -wait-list \"URL URL\"   tcp://, unix://, file://, http:// or https://\n"
			 "  -timeout 10s, -exit-code N        when to give up, and the exit code then\n"
			 "  -wait-retry-interval 1s           the longest pause between two attempts\n"
			 "  -wait-http-header \"N: V\", -wait-http-status-code N, -wait-http-skip-redirect\n"
			 "  -skip-tls-verify, -cacert FILE, -version\n");
}

/* Says the line about the value of the flag, as package flag of Go does. */
static void dockerize_refuse_value(struct frontline *line, const char *flag, const char *value)
{
	frontline_say(line, "invalid value \"%s\" for flag -%s: parse error\n", value, flag);
	dockerize_usage(line, DOCKERIZE_MISUSED);
}

static bool dockerize_check_duration(struct frontline *line, const char *flag, const char *value)
{
	if (frontargs_is_duration(value))
		return true;
	dockerize_refuse_value(line, flag, value);
	return false;
}

/* Returns the URL as Go's url.Parse has it: the scheme in small letters. */
static char *dockerize_url(char *url)
{
	for (char *letter = url; *letter && *letter != ':'; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return url;
}

static void dockerize_take_header(struct frontline *line, struct dockerize_call *call, const char *value)
{
	call->has_header = true;
	if (fronturl_add_header(&call->parameters, "&header=", value, ':', NULL) == 0)
		return;
	frontline_refuse(line, DOCKERIZE_FAILED, "bad HTTP Headers argument. expected \"headerName: headerValue\"\n");
}

static void dockerize_take_list(struct frontline_list *urls, const char *list)
{
	for (size_t len; list += strspn(list, " \t\n"), (len = strcspn(list, " \t\n")); list += len)
		frontline_add(urls, dockerize_url(alloc_slice(list, len)));
}

/* Takes a flag that is about the wait. Returns false for another one. */
static bool dockerize_take_wait(struct frontline *line, struct dockerize_call *call, int option, const char *value)
{
	switch (option) {
	case DOCKERIZE_WAIT:
		frontline_add(&call->urls, dockerize_url(alloc_text(value)));
		return true;
	case DOCKERIZE_LIST:
		dockerize_take_list(&call->urls, value);
		return true;
	case DOCKERIZE_TIMEOUT:
		if (dockerize_check_duration(line, "timeout", value))
			line->limit = value;
		return true;
	case DOCKERIZE_INTERVAL:
		if (dockerize_check_duration(line, "wait-retry-interval", value))
			call->interval = value;
		return true;
	case DOCKERIZE_HEADER:
		dockerize_take_header(line, call, value);
		return true;
	case DOCKERIZE_STATUS:
		buf_add_text(&call->statuses, call->statuses.len ? "," : "");
		buf_add_text(&call->statuses, value);
		return true;
	default:
		return false;
	}
}

/* Takes a flag that needs a file or a process beside the wait, which waitfor does not do. */
static void dockerize_refuse(struct frontline *line, const char *flag)
{
	frontline_refuse(line, DOCKERIZE_FAILED,
			 "dockerize: waitfor does not do -%s; let a script behind it do that, or keep dockerize\n",
			 flag);
}

static void dockerize_take_code(struct frontline *line, const char *value)
{
	char *end;
	long code = strtol(value, &end, 10);

	if (end == value || *end || code < 0 || code > 255)
		dockerize_refuse_value(line, "exit-code", value);
	else
		line->late = (int)code;
}

/* Takes any other flag. */
static void dockerize_take_other(struct frontline *line, struct dockerize_call *call, int option, const char *value)
{
	switch (option) {
	case DOCKERIZE_NO_REDIRECT:
		call->no_redirect = true;
		return;
	case DOCKERIZE_CODE:
		dockerize_take_code(line, value);
		return;
	case DOCKERIZE_VERSION:
		frontline_say(line, "v0.13.0 (waitfor " WAITFOR_VERSION ")\n");
		frontline_end(line, STDOUT_FILENO, 0);
		return;
	case DOCKERIZE_HELP:
	case DOCKERIZE_H:
		dockerize_usage(line, 0);
		return;
	case DOCKERIZE_TEMPLATE:
		dockerize_refuse(line, "template");
		return;
	case DOCKERIZE_STDOUT:
	case DOCKERIZE_STDERR:
		dockerize_refuse(line, option == DOCKERIZE_STDOUT ? "stdout" : "stderr");
		return;
	default: /* of templates and of files that are followed: nothing to do without those; -exec is what waitfor does */
		return;
	}
}

static void dockerize_take(struct frontline *line, struct dockerize_call *call, const struct frontargs *args,
			   int option)
{
	const char *name = args->word + 1 + (args->word[1] == '-');
	const char *value = args->value ? args->value : "";

	if (option == FRONTARGS_UNKNOWN || option == FRONTARGS_MISSING) {
		frontline_say(line, "%s: -%.*s\n",
			      option == FRONTARGS_UNKNOWN ? "flag provided but not defined" : "flag needs an argument",
			      (int)strcspn(name, "="), name);
		dockerize_usage(line, DOCKERIZE_MISUSED);
	} else if (option == FRONTARGS_NEITHER) {
		frontline_say(line, "invalid boolean value \"%s\" for -%.*s: parse error\n", value,
			      (int)strcspn(name, "="), name);
		dockerize_usage(line, DOCKERIZE_MISUSED);
	} else if (!fronturl_take(&call->parameters, args) && !dockerize_take_wait(line, call, option, value)) {
		dockerize_take_other(line, call, option, value);
	}
}

/* Puts the conditions before the parameters of HTTP. Go's client follows ten redirects, and dockerize waits for 2xx. */
static void dockerize_settle_parameters(struct dockerize_call *call)
{
	char *rest = buf_detach(&call->parameters);

	buf_add_text(&call->parameters, call->no_redirect ? "&status=" : "&follow=10&status=");
	buf_add_text(&call->parameters, call->statuses.len ? call->statuses.data : "200-299");
	buf_add_text(&call->parameters, rest);
	free(rest);
}

/* Adds the target that a URL stands for. */
static void dockerize_aim(struct frontline *line, const struct dockerize_call *call, const char *url)
{
	size_t len = strcspn(url, ":");
	char *scheme = alloc_slice(url, len), *shown = mask_target(url, scheme_parameter);
	bool is_url = strncmp(url + len, "://", 3) == 0;

	if (strcmp(scheme, "tcp4") == 0 || strcmp(scheme, "tcp6") == 0)
		frontline_target(line, alloc_format("tcp%s", url + len), shown);
	else if (is_url && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0))
		frontline_target(line, fronturl_join(url, call->parameters.data), shown);
	else if (is_url && scheme_of_name(scheme))
		frontline_target(line, alloc_text(url), shown);
	else {
		frontline_refuse(
			line, DOCKERIZE_FAILED,
			"invalid host protocol provided: %s. supported protocols are: tcp, tcp4, tcp6 and http\n",
			scheme);
		free(shown);
	}
	free(scheme);
}

static void dockerize_settle(struct frontline *line, struct dockerize_call *call, int argc, char **argv)
{
	if (line->ends)
		return;
	if (argc < 2 || (argc == 2 && strcmp(argv[1], "--") == 0))
		dockerize_usage(line, DOCKERIZE_FAILED);
	else if (call->has_header && !call->urls.count) {
		frontline_refuse(line, DOCKERIZE_FAILED, "-wait-http-header provided with no -wait option\n");
	}
	dockerize_settle_parameters(call);
	for (size_t i = 0; i < call->urls.count && !line->ends; i++)
		dockerize_aim(line, call, call->urls.items[i]);
	frontline_option(line, "-t", line->limit);
	if (call->interval)
		frontline_option(line, "--max-interval", call->interval);
	if (!line->targets.count)
		frontline_nothing(line);
}

static void dockerize_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_GO, dockerize_options, argc, argv, .at = 1};
	struct dockerize_call call = {.interval = NULL};
	int option;

	(void)env;
	line->limit = "10s";
	while (!line->ends && (option = frontargs_next(&args)) != FRONTARGS_END)
		dockerize_take(line, &call, &args, option);
	dockerize_settle(line, &call, argc, argv);
	frontline_command(line, argc, argv, args.at);
	frontline_release_list(&call.urls);
	buf_release(&call.statuses);
	buf_release(&call.parameters);
}

/* A file that is missing is no problem. */
static void dockerize_say_tried(struct frontline *line, const struct frontline_news *news)
{
	if (news->progress->outcome.kind != OUTCOME_NO_FILE || strncmp(news->subject, "file:", 5) != 0)
		frontline_say(line, "Problem with %s %s: %s. Sleeping 1s\n",
			      strncmp(news->subject, "http", 4) == 0 ? "request to" : "dial", news->subject,
			      news->reason);
}

static void dockerize_say_done(struct frontline *line, const char *subject)
{
	if (strncmp(subject, "file:", 5) == 0)
		frontline_say(line, "File %s had been generated\n", subject);
	else if (strncmp(subject, "http", 4) == 0)
		frontline_say(line, "Received 2xx from %s\n", subject);
	else
		frontline_say(line, "Connected to %s\n", subject);
}

/* Says the duration as Go does: "10s", "1m30s", "1h0m0s", "500ms". https://pkg.go.dev/time#Duration.String */
static void dockerize_say_duration(struct frontline *line, int64_t duration)
{
	int64_t minutes = duration / CLOCK_S / 60;

	if (duration < CLOCK_S) {
		frontline_say(line, "%" PRId64 "ms", duration / CLOCK_MS);
		return;
	}
	if (minutes >= 60)
		frontline_say(line, "%" PRId64 "h", minutes / 60);
	if (minutes)
		frontline_say(line, "%" PRId64 "m", minutes % 60);
	frontline_say(line, "%.8gs", (double)(duration % (60 * CLOCK_S)) / CLOCK_S);
}

static void dockerize_say_end(struct frontline *line, const struct sinks_view *view)
{
	frontline_say(line, "Timeout after ");
	dockerize_say_duration(line, frontargs_duration(line->limit));
	frontline_say(line, " waiting on dependencies to become available: [");
	for (size_t i = 0; i < view->count; i++)
		frontline_say(line, "%s%s", i ? " " : "", frontline_subject(line, view, &view->list[i]));
	frontline_say(line, "]\n");
}

static void dockerize_say(struct frontline *line, const struct frontline_news *news)
{
	if (line->waits_for_nothing)
		return;
	if (news->moment == FRONTLINE_BEGIN)
		frontline_say(line, "Waiting for: %s\n", news->subject);
	if (news->moment == FRONTLINE_TRIED && news->changed)
		dockerize_say_tried(line, news);
	if (news->moment == FRONTLINE_DONE)
		dockerize_say_done(line, news->subject);
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT)
		dockerize_say_end(line, news->view);
}

const struct front front_dockerize = {
	.names = "dockerize",
	.read = dockerize_read,
	.say = dockerize_say,
	.stream = STDERR_FILENO,
	.stamp = FRONTLINE_STAMP_GO,
	.late = DOCKERIZE_FAILED,
	.fault = DOCKERIZE_FAILED,
};
