/*
 * wait4x, version 3: its commands for ports, HTTP, DNS, programs and the services that waitfor knows.
 * https://github.com/wait4x/wait4x/tree/main/internal/cmd
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"
#include "cli/front/wait4xtarget.h"

static const char wait4x_options[] = WAIT4X_OPTIONS(FRONTARGS_TEXT);

static const struct wait4x_command wait4x_commands[] = {
	{"tcp", "TCP", "ADDRESS", "tcp command", WAIT4X_TCP, WAIT4X_CONNECT, WAIT4X_CONNECT},
	{"http", "HTTP", "ADDRESS", "http command", WAIT4X_HTTP, WAIT4X_CONNECT, WAIT4X_NO_REDIRECT},
	{"dns", "DNS", "ADDRESS", " command", WAIT4X_DNS, WAIT4X_SERVER, WAIT4X_VALUE},
	{"exec", "Exec", "COMMAND", "exec command", WAIT4X_EXEC, WAIT4X_EXIT, WAIT4X_EXIT},
	{"redis", "Redis", "ADDRESS", "redis command", WAIT4X_URL, WAIT4X_KEY, WAIT4X_CONNECT},
	{"postgresql", "PostgreSQL", "DSN", "postgresql command", WAIT4X_URL, WAIT4X_TABLE, WAIT4X_TABLE},
	{"postgres", "PostgreSQL", "DSN", "postgresql command", WAIT4X_URL, WAIT4X_TABLE, WAIT4X_TABLE},
	{"postgre", "PostgreSQL", "DSN", "postgresql command", WAIT4X_URL, WAIT4X_TABLE, WAIT4X_TABLE},
	{"mysql", "MySQL", "DSN", "mysql command", WAIT4X_MYSQL, WAIT4X_TABLE, WAIT4X_TABLE},
	{"mongodb", "MongoDB", "DSN", "mongodb command", WAIT4X_URL, 1, 0},
	{"kafka", "Kafka", "DSN", "kafka command", WAIT4X_URL, 1, 0},
	{"rabbitmq", "RabbitMQ", "DSN", "rabbitmq sub-command", WAIT4X_URL, WAIT4X_CONNECT, WAIT4X_INSECURE},
};

enum { WAIT4X_COMMANDS = sizeof(wait4x_commands) / sizeof(wait4x_commands[0]) };

static const char wait4x_usage[] =
	"Usage:\n"
	"  wait4x COMMAND ADDRESS... [flags] [-- command [args...]]\n\n"
	"Commands: tcp http dns exec redis postgresql mysql mongodb kafka rabbitmq version\n\n"
	"Flags:\n"
	"  -t, --timeout 10s    give up after that time; 0 for no limit\n"
	"  -i, --interval 1s    the longest pause between two attempts\n"
	"  -v, --invert-check   wait until it is not there\n"
	"  -q, --quiet          say nothing\n";

static void wait4x_tell(struct frontline *line, const char *text)
{
	frontline_say(line, "%s", text);
	frontline_end(line, STDOUT_FILENO, 0);
}

static void wait4x_take_command(struct frontline *line, struct wait4x_call *call, const char *word)
{
	for (size_t i = 0; i < WAIT4X_COMMANDS && !call->command; i++)
		if (strcmp(word, wait4x_commands[i].name) == 0)
			call->command = &wait4x_commands[i];
	if (call->command)
		return;
	if (strcmp(word, "version") == 0)
		wait4x_tell(line, "Version: v3 (waitfor " WAITFOR_VERSION ")\n");
	else if (strcmp(word, "help") == 0)
		wait4x_tell(line, wait4x_usage);
	else if (strcmp(word, "influxdb") == 0 || strcmp(word, "temporal") == 0)
		frontline_refuse(line, WAIT4X_FAILED,
				 "Error: waitfor does not know this service; wait for its port, or its page: %s\n",
				 word);
	else
		frontline_refuse(line, WAIT4X_FAILED,
				 "Error: unknown command \"%s\" for \"wait4x\"\nRun 'wait4x --help' for usage.\n",
				 word);
}

static void wait4x_take_word(struct frontline *line, struct wait4x_call *call, const char *word)
{
	if (!call->command)
		wait4x_take_command(line, call, word);
	else if (!call->type && call->command->kind == WAIT4X_DNS)
		call->type = word;
	else
		frontline_add(&call->words, alloc_text(word));
}

/* Takes the path of a JSON value, as gjson writes it. Only names and numbers between dots are a pointer, too. */
static void wait4x_take_json(struct frontline *line, struct wait4x_call *call, const char *path)
{
	struct buf pointer = {0};

	if (strpbrk(path, "#|*?@!{[\\~/"))
		frontline_refuse(line, WAIT4X_FAILED,
				 "Error: waitfor reads only names and numbers with dots in --expect-body-json: %s\n",
				 path);
	for (size_t len; *path; path += len + (path[len] == '.')) {
		buf_add_text(&pointer, "/");
		buf_add(&pointer, path, len = strcspn(path, "."));
	}
	fronturl_add(&call->parameters, "&expect-json=", pointer.data);
	buf_release(&pointer);
}

/* Takes an option that needs more than its value to be kept. */
static void wait4x_take_value(struct frontline *line, struct wait4x_call *call, int option, const char *value)
{
	const char *wrong = NULL;

	if (option >= WAIT4X_IP && option <= WAIT4X_VALUE)
		frontline_add(&call->expected, alloc_text(value));
	else if (option == WAIT4X_HEADER && fronturl_add_header(&call->parameters, "&header=", value, ':', NULL))
		wrong = "can't parse the request header: malformed MIME header: missing colon";
	else if (option == WAIT4X_EXPECT_HEADER)
		fronturl_add_header(&call->parameters, "&expect-header=", value, '=', ".*");
	else if (option == WAIT4X_JSON)
		wait4x_take_json(line, call, value);
	else if (option == WAIT4X_XPATH)
		wrong = "waitfor knows no XPath; write --expect-body-regex instead of --expect-body-xpath";
	else if (option == WAIT4X_HELP)
		wait4x_tell(line, wait4x_usage);
	if (wrong)
		frontline_refuse(line, WAIT4X_FAILED, "Error: %s\n", wrong);
}

/* Says that the value of the option is wrong, as package pflag does. The reason is `before`, the value, and `after`. */
static void wait4x_refuse_value(struct frontline *line, const struct frontargs *args, const char *before,
				const char *after)
{
	const struct frontargs_option *option = &args->option;

	frontline_say(line, "Error: invalid argument \"%s\" for \"", args->value);
	if (option->letter)
		frontline_say(line, "-%c, ", option->letter);
	frontline_refuse(line, WAIT4X_FAILED, "--%.*s\" flag: %s\"%s\"%s\n%s", option->name_length, option->name,
			 before, args->value, after, wait4x_usage);
}

/* Checks the value of an option that is a duration. The error is that of Go's package time. */
static void wait4x_check_duration(struct frontline *line, const struct frontargs *args)
{
	const char *value = args->value;
	bool has_unit = value[strspn(value, "0123456789.")] || !*value;

	if (!frontargs_is_duration(value))
		wait4x_refuse_value(line, args,
				    has_unit ? "time: invalid duration " : "time: missing unit in duration ", "");
}

/* Checks the value of an option that is a number. The error is that of Go's package strconv. */
static void wait4x_check_number(struct frontline *line, const struct frontargs *args)
{
	char *end;

	strtod(args->value, &end);
	if (end == args->value || *end)
		wait4x_refuse_value(line, args, "strconv.ParseFloat: parsing ", ": invalid syntax");
}

/* Is the option one of the command's? */
static bool wait4x_has(const struct wait4x_command *command, int option)
{
	return option <= WAIT4X_HELP || (command && option >= command->first && option <= command->last);
}

/* Says that the word is no flag of this command, or that its value is missing, as package pflag does. */
static void wait4x_refuse_flag(struct frontline *line, const struct frontargs *args, int option)
{
	bool is_missing = option == FRONTARGS_MISSING;
	const char *what = is_missing ? "flag needs an argument" : "unknown flag", *word = args->word;
	int length = (int)strcspn(word, "=");

	if (args->letter) {
		frontline_refuse(line, WAIT4X_FAILED, "Error: %s: '%c' in -%s\n%s",
				 is_missing ? what : "unknown shorthand flag", args->letter,
				 strchr(word + 1, args->letter), wait4x_usage);
		return;
	}
	if (strchr("-=", word[2])) {
		what = "bad flag syntax";
		length = -1; /* all of it */
	}
	frontline_refuse(line, WAIT4X_FAILED, "Error: %s: %.*s\n%s", what, length, word, wait4x_usage);
}

static void wait4x_take(struct frontline *line, struct wait4x_call *call, const struct frontargs *args, int option)
{
	if (option == FRONTARGS_WORD) {
		wait4x_take_word(line, call, args->word);
	} else if (option == FRONTARGS_NEITHER) {
		wait4x_refuse_value(line, args, "strconv.ParseBool: parsing ", ": invalid syntax");
	} else if (option < 0 || !wait4x_has(call->command, option)) {
		wait4x_refuse_flag(line, args, option);
	} else {
		call->values[option] = args->value ? args->value : "";
		if (args->value && (option <= WAIT4X_MAX || option == WAIT4X_CONNECT))
			wait4x_check_duration(line, args);
		else if (args->value && option == WAIT4X_COEFFICIENT)
			wait4x_check_number(line, args);
		else if (!fronturl_take(&call->parameters, args))
			wait4x_take_value(line, call, option, call->values[option]);
	}
}

/* Is the longest pause of the exponential policy shorter than the interval? Both, where they are given, are durations. */
static bool wait4x_contradicts(const char *longest, const char *interval)
{
	return frontargs_duration(longest ? longest : "5s") < frontargs_duration(interval ? interval : "1s");
}

/* Says what is missing or contradicts itself. */
static void wait4x_check(struct frontline *line, const struct wait4x_call *call)
{
	const char *policy = call->values[WAIT4X_POLICY], *wrong = NULL;

	if (line->ends)
		return;
	if (!call->command || (!call->type && call->command->kind == WAIT4X_DNS))
		wait4x_tell(line, wait4x_usage);
	else if (!call->words.count)
		frontline_refuse(line, WAIT4X_FAILED, "Error: %s is required argument for the %s%s\n%s",
				 call->command->argument, call->type ? call->type : "", call->command->called,
				 wait4x_usage);
	else if (call->words.count > 1 && call->expected.count > 1)
		wrong = "one name at a time, if a record may be one of several";
	else if (policy && strcmp(policy, "linear") != 0 && strcmp(policy, "exponential") != 0)
		wrong = "--backoff-policy must be one of [exponential linear]";
	else if (policy && *policy == 'e' &&
		 wait4x_contradicts(call->values[WAIT4X_MAX], call->values[WAIT4X_INTERVAL]))
		wrong = "--backoff-exponential-max-interval must be greater than --interval";
	if (wrong)
		frontline_refuse(line, WAIT4X_FAILED, "Error: %s\n%s", wrong, wait4x_usage);
}

static void wait4x_settle(struct frontline *line, struct wait4x_call *call)
{
	const char *interval = call->values[WAIT4X_INTERVAL], *policy = call->values[WAIT4X_POLICY];

	if (policy && *policy == 'e' && call->values[WAIT4X_MAX])
		interval = call->values[WAIT4X_MAX];
	wait4xtarget_add(line, call);
	frontline_option(line, "-t", call->values[WAIT4X_TIMEOUT] ? call->values[WAIT4X_TIMEOUT] : "10s");
	if (interval)
		frontline_option(line, "--max-interval", interval);
	if (call->values[WAIT4X_CONNECT])
		frontline_option(line, "--attempt-timeout", call->values[WAIT4X_CONNECT]);
	if (call->values[WAIT4X_INVERT])
		frontline_option(line, "--down=absent", NULL);
	line->quiet = call->values[WAIT4X_QUIET] != NULL;
	if (line->quiet)
		frontline_option(line, "-q", NULL);
}

static void wait4x_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_PFLAG, wait4x_options, argc, argv, .at = 1};
	struct wait4x_call call = {.command = NULL};
	int option;

	(void)env;
	while (!line->ends && (option = frontargs_next(&args)) != FRONTARGS_END)
		wait4x_take(line, &call, &args, option);
	wait4x_check(line, &call);
	if (!line->ends)
		wait4x_settle(line, &call);
	line->limit = call.type ? call.type : call.command ? call.command->title : "";
	frontline_command(line, argc, argv, args.at);
	frontline_release_list(&call.words);
	frontline_release_list(&call.expected);
	buf_release(&call.parameters);
}

static void wait4x_say(struct frontline *line, const struct frontline_news *news)
{
	if (line->quiet)
		return;
	if (news->moment == FRONTLINE_BEGIN)
		frontline_say(line, "INF [%s] Checking the %s ...\n", line->limit, news->subject);
	if (news->moment == FRONTLINE_TRIED && news->changed)
		frontline_say(line, "ERR Expectation failed error=\"%s\"\n", news->reason);
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT) {
		line->stamp = FRONTLINE_STAMP_NONE;
		frontline_say(line, "Error: context deadline exceeded\n");
	}
}

const struct front front_wait4x = {
	.names = "wait4x",
	.read = wait4x_read,
	.say = wait4x_say,
	.stamp = FRONTLINE_STAMP_RFC3339,
	.stream = STDERR_FILENO,
	.late = 124,
	.fault = WAIT4X_FAILED,
};
