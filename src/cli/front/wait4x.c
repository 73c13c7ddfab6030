/*
 * wait4x, version 3: its commands for ports, HTTP, DNS, programs and the services that waitfor knows.
 * https://github.com/wait4x/wait4x/tree/main/internal/cmd
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/percent.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"
#include "cli/front/wait4xtarget.h"

static const struct wait4x_command wait4x_commands[] = {
	{"tcp", "TCP", WAIT4X_TCP, WAIT4X_CONNECT, WAIT4X_CONNECT},
	{"http", "HTTP", WAIT4X_HTTP, WAIT4X_CONNECT, WAIT4X_NO_REDIRECT},
	{"dns", "DNS", WAIT4X_DNS, WAIT4X_SERVER, WAIT4X_VALUE},
	{"exec", "Exec", WAIT4X_EXEC, WAIT4X_EXIT, WAIT4X_EXIT},
	{"redis", "Redis", WAIT4X_URL, WAIT4X_KEY, WAIT4X_CONNECT},
	{"postgresql", "PostgreSQL", WAIT4X_DSN, WAIT4X_TABLE, WAIT4X_TABLE},
	{"mysql", "MySQL", WAIT4X_MYSQL, WAIT4X_TABLE, WAIT4X_TABLE},
	{"mongodb", "MongoDB", WAIT4X_DSN, 1, 0},
	{"kafka", "Kafka", WAIT4X_DSN, 1, 0},
	{"rabbitmq", "RabbitMQ", WAIT4X_BROKER, WAIT4X_CONNECT, WAIT4X_INSECURE},
};

enum { WAIT4X_COMMANDS = sizeof(wait4x_commands) / sizeof(wait4x_commands[0]) };

/* Returns the command of that name; NULL if there is none. */
static const struct wait4x_command *wait4x_find(const char *name)
{
	if (name && (strcmp(name, "postgres") == 0 || strcmp(name, "postgre") == 0))
		name = "postgresql";
	for (size_t i = 0; i < WAIT4X_COMMANDS && name; i++)
		if (strcmp(name, wait4x_commands[i].name) == 0)
			return &wait4x_commands[i];
	return NULL;
}

/* Says what is wrong, of which how it is done right may be a part. */
static void wait4x_refuse(struct frontline *line, const char *what)
{
	frontline_say(line, "Error: %s\n", what);
	frontcall_usage(line, STDERR_FILENO, WAIT4X_FAILED);
}

/* Takes the name of the command. */
static void wait4x_take_command(struct frontline *line, const char *word)
{
	line->values[WAIT4X_COMMAND] = word;
	if (wait4x_find(word))
		return;
	if (strcmp(word, "version") == 0)
		frontcall_version(line, "Version: v3");
	else if (strcmp(word, "help") == 0)
		frontcall_usage(line, STDOUT_FILENO, 0);
	else {
		frontline_say(line, "Error: unknown command \"%s\" for \"wait4x\"\nRun 'wait4x --help' for usage.\n",
			      word);
		frontline_end(line, STDERR_FILENO, WAIT4X_FAILED);
	}
}

/* Takes a word of a program: the first is its name, behind which it may have arguments, as for a shell. */
static void wait4x_take_program(struct frontline *line, const char *word)
{
	size_t at = line->kept.count;

	if (line->words.count)
		frontline_keep(line, alloc_text(word));
	else if (frontline_cut(&line->kept, word) || at == line->kept.count)
		frontline_refuse(line, WAIT4X_FAILED, "Error: the command of exec is empty, or a quote in it is open");
	else
		frontline_add(&line->words, alloc_text(line->kept.items[at++]));
	for (; at < line->kept.count; at++) {
		buf_add_text(&line->parameters, "&arg=");
		percent_encode(&line->parameters, line->kept.items[at]);
	}
}

/* Takes a word. Returns false if it is only to be kept. */
static bool wait4x_take_word(struct frontline *line, const char *word)
{
	const struct wait4x_command *command = wait4x_find(line->values[WAIT4X_COMMAND]);

	if (!command)
		wait4x_take_command(line, word);
	else if (command->kind == WAIT4X_DNS && !line->values[WAIT4X_TYPE])
		line->values[WAIT4X_TYPE] = word;
	else if (command->kind == WAIT4X_EXEC)
		wait4x_take_program(line, word);
	else
		return false;
	return true;
}

/* Takes the path of a JSON value, as gjson writes it. Only names and numbers between dots are a pointer, too. */
static void wait4x_take_json(struct frontline *line, const char *path)
{
	char *pointer;

	if (!*path)
		return;
	if (strpbrk(path, "#|*?@!{[\\~/")) {
		frontline_say(line, "Error: waitfor reads only names and numbers with dots, not %s\n", path);
		frontline_end(line, STDERR_FILENO, WAIT4X_FAILED);
		return;
	}
	pointer = alloc_format("/%s", path);
	for (char *dot = pointer; (dot = strchr(dot, '.'));)
		*dot = '/';
	fronturl_add(&line->parameters, "&expect-json=", pointer);
	free(pointer);
}

/* Says that the value of the option is wrong, as package pflag does. The reason is `before`, the value, and `after`. */
static void wait4x_refuse_value(struct frontline *line, const struct frontargs *args, const char *before,
				const char *after)
{
	frontline_say(line, "Error: invalid argument \"%s\" for \"", args->value);
	frontcall_say_option(line, &args->option);
	frontline_say(line, "\" flag: %s\"%s\"%s\n", before, args->value, after);
	frontcall_usage(line, STDERR_FILENO, WAIT4X_FAILED);
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

/* Takes an option of the command's. Its value is kept as well. */
static void wait4x_take_option(struct frontline *line, const struct frontargs *args, int option)
{
	const char *value = args->value;

	switch (option) {
	case WAIT4X_INTERVAL:
	case WAIT4X_TIMEOUT:
	case WAIT4X_MAX:
	case WAIT4X_CONNECT:
		wait4x_check_duration(line, args);
		break;
	case WAIT4X_IP:
	case WAIT4X_DOMAIN:
	case WAIT4X_NAMESERVER:
	case WAIT4X_VALUE:
		frontline_add(&line->expected,
			      alloc_text(fronturl_piece(line, option == WAIT4X_IP ? "&expect=" : "&contains=", value)));
		break;
	case WAIT4X_HEADER:
		if (fronturl_add_header(&line->parameters, "&header=", value, ':', NULL))
			frontline_refuse(line, WAIT4X_FAILED,
					 "Error: can't parse the request header: malformed MIME header: missing colon");
		break;
	case WAIT4X_EXPECT_HEADER:
		if (*value)
			fronturl_add_header(&line->parameters, "&expect-header=", value, '=', ".*");
		break;
	case WAIT4X_JSON:
		wait4x_take_json(line, value);
		break;
	case WAIT4X_XPATH:
		frontline_refuse(line, WAIT4X_FAILED, "Error: waitfor knows no XPath; write --expect-body-regex");
		break;
	case WAIT4X_HELP:
		frontcall_usage(line, STDOUT_FILENO, 0);
		break;
	default:
		break;
	}
}

/* Is it one of every command's, or of this one's? */
static bool wait4x_has(const struct wait4x_command *command, int option)
{
	return option < WAIT4X_EXIT || option > WAIT4X_NO_REDIRECT ||
	       (command && option >= command->first && option <= command->last);
}

/* Says that the word is no flag of this command, or that its value is missing, as package pflag does. */
static void wait4x_refuse_flag(struct frontline *line, const struct frontargs *args, int option)
{
	const char *word = args->word, *what = option == FRONTARGS_MISSING ? "flag needs an argument" : "unknown flag";

	if (args->letter)
		frontline_say(line, "Error: %s: '%c' in -%s\n",
			      option == FRONTARGS_MISSING ? what : "unknown shorthand flag", args->letter,
			      strchr(word + 1, args->letter));
	else if (strchr("-=", word[2]))
		frontline_say(line, "Error: bad flag syntax: %s\n", word);
	else
		frontline_say(line, "Error: %s: %.*s\n", what, (int)strcspn(word, "="), word);
	frontcall_usage(line, STDERR_FILENO, WAIT4X_FAILED);
}

static bool wait4x_take(struct frontline *line, struct frontargs *args, int option)
{
	if (option == FRONTARGS_WORD)
		return wait4x_take_word(line, args->word);
	if (option == FRONTARGS_NEITHER)
		wait4x_refuse_value(line, args, "strconv.ParseBool: parsing ", ": invalid syntax");
	else if (option < 0 || !wait4x_has(wait4x_find(line->values[WAIT4X_COMMAND]), option))
		wait4x_refuse_flag(line, args, option);
	else if (option == WAIT4X_STATUS && strcmp(args->value, "0") == 0)
		args->value = "";
	else
		wait4x_take_option(line, args, option);
	return line->ends;
}

/* Chooses the interval by the policy. */
static void wait4x_settle_interval(struct frontline *line)
{
	const char **values = line->values, *policy = values[WAIT4X_POLICY], *longest = values[WAIT4X_MAX];
	const char *interval = values[WAIT4X_INTERVAL];

	if (!policy || strcmp(policy, "linear") == 0)
		return;
	if (strcmp(policy, "exponential") != 0)
		wait4x_refuse(line, "--backoff-policy must be one of [exponential linear]");
	else if (frontargs_duration(longest ? longest : "5s") < frontargs_duration(interval ? interval : "1s"))
		wait4x_refuse(line, "--backoff-exponential-max-interval must be greater than --interval");
	else if (longest)
		values[WAIT4X_INTERVAL] = longest;
}

static void wait4x_settle(struct frontline *line)
{
	const struct wait4x_command *command = wait4x_find(line->values[WAIT4X_COMMAND]);
	const char *type = line->values[WAIT4X_TYPE];
	enum wait4x_kind kind = command ? command->kind : WAIT4X_DNS;

	if (kind == WAIT4X_DNS && !type) {
		frontcall_usage(line, STDOUT_FILENO, 0);
		return;
	}
	if (!line->words.count) {
		frontline_say(line, "Error: %s is required argument for the %s %scommand\n",
			      kind == WAIT4X_EXEC  ? "COMMAND"
			      : kind >= WAIT4X_DSN ? "DSN"
						   : "ADDRESS",
			      type ? type : command->name, kind == WAIT4X_BROKER ? "sub-" : "");
		frontcall_usage(line, STDERR_FILENO, WAIT4X_FAILED);
	} else if (line->words.count > 1 && line->expected.count > 1)
		wait4x_refuse(line, "one name at a time, if a record may be one of several");
	wait4x_settle_interval(line);
	if (!line->ends)
		wait4xtarget_add(line, kind);
}

static void wait4x_say(struct frontline *line, const struct frontline_news *news)
{
	const char *type = line->values[WAIT4X_TYPE];

	if (line->values[WAIT4X_QUIET])
		return;
	if (news->moment == FRONTLINE_BEGIN)
		frontline_say(line, "INF [%s] Checking the %s ...\n",
			      type ? type : wait4x_find(line->values[WAIT4X_COMMAND])->title, news->subject);
	if (news->moment == FRONTLINE_TRIED && news->changed) {
		frontline_say(line, "ERR Expectation failed error=\"");
		frontline_say_reason(line, news->progress, "\"");
	}
	if (news->moment == FRONTLINE_END && news->verdict == VERDICT_TIMED_OUT) {
		line->stamp = FRONTLINE_STAMP_NONE;
		frontline_say(line, "Error: context deadline exceeded\n");
	}
}

const struct front front_wait4x = {
	.names = "wait4x",
	.usage = {"Usage:\n  ", " COMMAND ADDRESS... [flags] [-- command [args...]]\n"
				"Commands: tcp http dns exec redis postgresql mysql mongodb kafka rabbitmq version\n"},
	.style = FRONTARGS_PFLAG,
	.options = WAIT4X_OPTIONS(FRONTARGS_TEXT),
	.take = wait4x_take,
	.drops_empty = true,
	.settle = wait4x_settle,
	.say = wait4x_say,
	.stamp = FRONTLINE_STAMP_RFC3339,
	.stream = STDERR_FILENO,
	.late = 124,
	.fault = WAIT4X_FAILED,
};
