/*
 * The wait of dockerize, v0.13, and the flags for it of powerman's fork, v0.25.
 * https://github.com/jwilder/dockerize/blob/master/main.go, https://github.com/powerman/dockerize
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* clang-format off */
#define DOCKERIZE_OPTIONS(X) \
	X(DOCKERIZE_WAIT, "wait=") X(DOCKERIZE_LIST, "wait-list=") X(DOCKERIZE_TIMEOUT, "timeout=10s>-t") \
	X(DOCKERIZE_INTERVAL, "wait-retry-interval=>--max-interval") X(DOCKERIZE_HEADER, "wait-http-header=") \
	X(DOCKERIZE_STATUS, "wait-http-status-code=200-299") X(DOCKERIZE_NO_REDIRECT, "wait-http-skip-redirect") \
	X(DOCKERIZE_INSECURE, "skip-tls-verify+insecure") X(DOCKERIZE_CA, "cacert=+cacert") X(DOCKERIZE_CODE, "exit-code=") \
	X(DOCKERIZE_VERSION, "version") X(DOCKERIZE_HELP, "help") X(DOCKERIZE_H, "h") X(DOCKERIZE_EXEC, "exec") \
	X(DOCKERIZE_POLL, "poll") X(DOCKERIZE_NO_OVERWRITE, "no-overwrite") X(DOCKERIZE_DELIMS, "delims=") \
	X(DOCKERIZE_STRICT, "template-strict") X(DOCKERIZE_MULTILINE, "multiline") X(DOCKERIZE_TEMPLATE, "template=!") \
	X(DOCKERIZE_STDOUT, "stdout=!") X(DOCKERIZE_STDERR, "stderr=!") X(DOCKERIZE_ENV, "env=!") \
	X(DOCKERIZE_SECTION, "env-section=!") X(DOCKERIZE_ENV_HEADER, "env-header=!")
/* clang-format on */

enum { DOCKERIZE_OPTIONS(FRONTARGS_NUMBER) };
enum { DOCKERIZE_FAILED = 1, DOCKERIZE_MISUSED = 2 };

/* Says what is wrong with the present flag, as package flag of Go does. */
static void dockerize_misuse(struct frontline *line, const struct frontargs *args, const char *what)
{
	const char *name = args->word + (args->word[1] == '-' ? 2 : 1);

	frontline_say(line, "%s-%.*s%s\n", what, (int)strcspn(name, "="), name, args->value ? ": parse error" : "");
	frontcall_usage(line, STDERR_FILENO, DOCKERIZE_MISUSED);
}

static void dockerize_refuse_value(struct frontline *line, const struct frontargs *args)
{
	frontline_say(line, "invalid value \"%s\" for ", args->value);
	dockerize_misuse(line, args, "flag ");
}

static void dockerize_take_code(struct frontline *line, const struct frontargs *args)
{
	long code = strtol(args->value, NULL, 10);

	line->late = (int)code;
	if (!frontargs_is_whole(args->value) || code > 255)
		dockerize_refuse_value(line, args);
}

/* Takes URLs with blanks between them. */
static void dockerize_take_list(struct frontline *line, const char *list)
{
	for (size_t len; list += strspn(list, " \t\n"), (len = strcspn(list, " \t\n")); list += len)
		frontline_add(&line->words, alloc_slice(list, len));
}

/* Several of them are a list. */
static void dockerize_take_status(struct frontline *line, const char *value)
{
	const char **statuses = &line->values[DOCKERIZE_STATUS];

	*statuses = *statuses ? frontline_keep(line, alloc_format("%s,%s", *statuses, value)) : value;
}

/* Takes a flag that is understood. Returns false if it is enough to keep its value. */
static bool dockerize_take_flag(struct frontline *line, const struct frontargs *args, int option)
{
	const char *value = args->value;

	switch (option) {
	case DOCKERIZE_WAIT:
		frontline_add(&line->words, alloc_text(value));
		return true;
	case DOCKERIZE_LIST:
		dockerize_take_list(line, value);
		return true;
	case DOCKERIZE_TIMEOUT:
	case DOCKERIZE_INTERVAL:
		if (!frontargs_is_duration(value))
			dockerize_refuse_value(line, args);
		return false;
	case DOCKERIZE_HEADER:
		if (fronturl_add_header(&line->parameters, "&header=", value, ':', NULL))
			frontline_refuse(line, DOCKERIZE_FAILED,
					 "bad HTTP Headers argument. expected \"headerName: headerValue\"");
		return false;
	case DOCKERIZE_STATUS:
		dockerize_take_status(line, value);
		return true;
	case DOCKERIZE_CODE:
		dockerize_take_code(line, args);
		return true;
	case DOCKERIZE_VERSION:
		frontcall_version(line, "v0.13.0");
		return true;
	case DOCKERIZE_HELP:
	case DOCKERIZE_H:
		frontcall_usage(line, STDERR_FILENO, 0);
		return true;
	default: /* of templates and of files that are followed: nothing to do without those; -exec is what waitfor does */
		return false;
	}
}

static bool dockerize_take(struct frontline *line, struct frontargs *args, int option)
{
	if (option >= DOCKERIZE_TEMPLATE) {
		frontline_say(line, "dockerize: waitfor does not do -%.*s; ", args->option.name_length,
			      args->option.name);
		frontline_refuse(line, DOCKERIZE_FAILED, "let a script behind it do that, or keep dockerize");
		return true;
	}
	if (option >= 0)
		return dockerize_take_flag(line, args, option);
	if (option == FRONTARGS_NEITHER)
		frontline_say(line, "invalid boolean value \"%s\" for ", args->value);
	dockerize_misuse(line, args,
			 option == FRONTARGS_UNKNOWN   ? "flag provided but not defined: "
			 : option == FRONTARGS_MISSING ? "flag needs an argument: "
						       : "");
	return true;
}

/* Adds the target that a URL stands for, whose scheme Go's url.Parse writes in small letters; parameters are those of HTTP. */
static void dockerize_aim(struct frontline *line, char *url, const char *parameters)
{
	size_t len = strcspn(url, ":");
	const char *scheme;
	bool is_tcp;

	for (size_t i = 0; i < len; i++)
		url[i] = (char)tolower((unsigned char)url[i]);
	scheme = frontline_keep(line, alloc_slice(url, len));
	is_tcp = strcmp(scheme, "tcp4") == 0 || strcmp(scheme, "tcp6") == 0;
	if (!frontline_after(url + len, "://") || !(is_tcp || scheme_of_name(scheme))) {
		frontline_say(line, "invalid host protocol provided: %s. ", scheme);
		frontline_refuse(line, DOCKERIZE_FAILED, "supported protocols are: tcp, tcp4, tcp6 and http");
	} else {
		frontline_target(line,
				 is_tcp ? alloc_format("tcp%s", url + len)
					: fronturl_join(line, url, frontline_after(scheme, "http") ? parameters : ""),
				 mask_target(url, scheme_parameter));
	}
}

/* Go's client follows ten redirects. */
static void dockerize_settle(struct frontline *line)
{
	const char **values = line->values, *parameters;

	if (line->is_bare)
		frontcall_usage(line, STDERR_FILENO, DOCKERIZE_FAILED);
	else if (values[DOCKERIZE_HEADER] && !line->words.count)
		frontline_refuse(line, DOCKERIZE_FAILED, "-wait-http-header provided with no -wait option");
	parameters =
		frontline_keep(line, alloc_format("%s&status=%s%s", values[DOCKERIZE_NO_REDIRECT] ? "" : "&follow=10",
						  values[DOCKERIZE_STATUS], line->parameters.data));
	for (size_t i = 0; i < line->words.count && !line->ends; i++)
		dockerize_aim(line, line->words.items[i], parameters);
}

/* A file that is missing is no problem. */
static void dockerize_say_tried(struct frontline *line, const struct frontline_news *news)
{
	if (news->progress->outcome.kind == OUTCOME_NO_FILE && frontline_after(news->subject, "file:"))
		return;
	frontline_say(line, "Problem with %s %s: ", frontline_after(news->subject, "http") ? "request to" : "dial",
		      news->subject);
	frontline_say_reason(line, news->progress, ". Sleeping 1s");
}

static void dockerize_say_done(struct frontline *line, const char *subject)
{
	if (frontline_after(subject, "file:"))
		frontline_say(line, "File %s had been generated\n", subject);
	else if (frontline_after(subject, "http"))
		frontline_say(line, "Received 2xx from %s\n", subject);
	else
		frontline_say(line, "Connected to %s\n", subject);
}

static void dockerize_say_end(struct frontline *line, const struct sinks_view *view)
{
	frontline_say(line, "Timeout after %s waiting on dependencies to become available: [",
		      line->values[DOCKERIZE_TIMEOUT]);
	frontline_say_subjects(line, view, false, " ");
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
	.usage = {"Usage: ", " [options] [command]\n"},
	.style = FRONTARGS_GO,
	.options = DOCKERIZE_OPTIONS(FRONTARGS_TEXT),
	.take = dockerize_take,
	.settle = dockerize_settle,
	.say = dockerize_say,
	.stream = STDERR_FILENO,
	.stamp = FRONTLINE_STAMP_GO,
	.late = DOCKERIZE_FAILED,
	.fault = DOCKERIZE_FAILED,
};
