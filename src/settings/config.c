#include "settings/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"

/* clang-format off */
static const struct options_row config_rows[] = {
	{ .key = "timeout", .letter = 't', .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.timeout),
	  .initial = "60s", .arg = "TIME", .brief = true, .per_target = true,
	  .help = "give up after TIME and exit 124; 0 for no limit" },
	{ .key = "attempt-timeout", .type = OPTIONS_DURATION, .value = 1, .offset = offsetof(struct config, settings.attempt_timeout),
	  .initial = "3s", .arg = "TIME", .per_target = true,
	  .help = "time limit for one attempt, name lookup included" },
	{ .key = "max-interval", .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.max_interval),
	  .arg = "TIME", .per_target = true, .help = "never wait longer than TIME between two attempts",
	  .more = "The pause grows with the time waited. Its upper limit is 0.1 to 1 s, depending on what an attempt "
		  "costs the service. 0 (default): no extra limit." },
	{ .key = "successes", .type = OPTIONS_COUNT, .value = 1, .offset = offsetof(struct config, settings.successes),
	  .initial = "1", .arg = "N", .per_target = true, .help = "require N successful attempts in a row",
	  .more = "These attempts are about 80 ms to 1 s apart, or --max-interval if that is shorter. With --down, an "
		  "attempt is successful if it finds the target down." },
	{ .key = "once", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.once),
	  .brief = true, .help = "try once; exit 0 if ready, 1 if not (for HEALTHCHECK)" },
	{ .key = "any", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, any),
	  .brief = true, .help = "one target is enough" },
	{ .key = "down", .type = OPTIONS_FLAG, .value = PLAN_DOWN_ON, .choices = "absent", .offset = offsetof(struct config, plan.down),
	  .brief = true, .help = "wait until nothing answers",
	  .more = "A name that does not exist does not count as down, because it may be misspelt. It does count if it "
		  "resolved earlier in the wait, or with --down=absent." },
	{ .key = "run-anyway", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, run_anyway),
	  .help = "start COMMAND even after a timeout",
	  .more = "With --print-env, it prints the variables that are known and exits with 0." },
	{ .key = "fail-fast", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.fail_fast),
	  .help = "exit 124 immediately on errors that waiting cannot fix, such as a wrong password",
	  .more = "These errors are: access denied, a reply in another protocol, a bad certificate." },
	{ .key = "links", .type = OPTIONS_FLAG, .value = CONFIG_LINKS_ON, .choices = "optional",
	  .offset = offsetof(struct config, links), .names_offset = offsetof(struct config, links_without),
	  .brief = true, .help = "also wait for services in Docker/Kubernetes variables",
	  .more = "Docker's --link and Kubernetes set these variables. Every service found in them is added to the "
		  "other targets; with several TCP ports, it is ready when one of them is. UDP ports are left out. "
		  "--links=-web,api leaves services out. In Kubernetes a pod finds its own Service too, and would wait "
		  "for itself: leave that one out. If there is no target and no such variable, this is an error, unless "
		  "=optional is given; both can be combined, as in --links=optional,-web." },
	{ .key = "check", .type = OPTIONS_LIST, .offset = offsetof(struct config, checks), .arg = "COMMAND", .secret = true,
	  .help = "also wait until COMMAND exits with 0",
	  .more = "The option can be repeated; the variable holds one command. COMMAND is one argument, which is cut into "
		  "words at white space, with '', \"\" and \\ as in a shell; ${VAR} and ${VAR:-default} are expanded. There "
		  "is no shell: write sh -c '...' where the image has one. An attempt that takes longer than "
		  "--attempt-timeout is ended, with all that COMMAND has started. Its arguments are not shown, because one "
		  "may be a password." },
	{ .key = "pin", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.pin),
	  .help = "export the address that answered as NAME_HOST" },
	{ .key = "export", .type = OPTIONS_LIST, .offset = offsetof(struct config, exports), .arg = "NAME=TEXT", .hides_text = true,
	  .help = "set NAME for COMMAND, with ${DB_HOST} and other variables expanded in TEXT",
	  .more = "The option can be repeated; the variable holds one NAME=TEXT. A later one may use the NAME of an earlier one. "
		  "See EXPORTED VARIABLES." },
	{ .key = "render", .type = OPTIONS_LIST, .offset = offsetof(struct config, renders), .names_file = true, .arg = "SRC:DST",
	  .help = "write DST for COMMAND: the file SRC with ${DB_HOST} and other variables expanded",
	  .more = "The option can be repeated; the variable holds one SRC:DST. See RENDERED FILES." },
	{ .key = "no-export", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.no_export),
	  .help = "leave COMMAND's environment as it is" },
	{ .key = "stay", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, stay.on),
	  .help = "run COMMAND as a child, and be a small init for it",
	  .more = "waitfor passes all signals on to COMMAND, reaps orphans, and exits as COMMAND does: with its status, or with "
		  "128 and the number of the signal that ended it. No target is needed. See STAYING." },
	{ .key = "group", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, stay.group),
	  .help = "with --stay: pass signals on to the whole process group of COMMAND" },
	{ .key = "kill-after", .type = OPTIONS_DURATION, .offset = offsetof(struct config, stay.kill_after), .arg = "TIME",
	  .help = "with --stay: kill COMMAND if it runs TIME after SIGTERM was passed on",
	  .more = "0 (default): never." },
	{ .key = "hold", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, hold.on),
	  .text_offset = offsetof(struct config, hold.ports), .arg = "PORT",
	  .help = "start COMMAND at once, and hold its connections until the targets are ready",
	  .more = "For each target waitfor listens at 127.0.0.1 and ::1, at the same port or, if that is taken, at a free one, "
		  "and exports that. With =5433 it listens at that port, with =DB=5433,CACHE=0 at those of several targets; "
		  "CACHE=0 is a free one. It implies --stay, but needs no COMMAND. See HOLDING." },
	{ .key = "hold-timeout", .type = OPTIONS_DURATION, .offset = offsetof(struct config, hold.timeout), .arg = "TIME",
	  .help = "with --hold: reset a connection that was held TIME; default: --timeout" },
	{ .key = "hold-max", .type = OPTIONS_COUNT, .value = 1, .offset = offsetof(struct config, hold.max), .initial = "1024",
	  .arg = "N", .help = "with --hold: at most N connections at a time; others wait to be accepted" },
	{ .key = "follow", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, follow.on),
	  .text_offset = offsetof(struct config, follow.action), .arg = "ACTION",
	  .help = "watch the targets while COMMAND runs, and tell when one moves or is lost",
	  .more = "With =signal=HUP, COMMAND gets that signal then; with =restart, it is stopped and started again; with =exit, it "
		  "is stopped and waitfor exits with 124; with =exec:COMMAND, that is run. It implies --stay. See FOLLOWING." },
	{ .key = "lost-after", .type = OPTIONS_DURATION, .value = 1, .offset = offsetof(struct config, follow.lost_after),
	  .initial = "10s", .arg = "TIME", .help = "with --follow: act when a target was not ready for TIME" },
	{ .key = "state", .type = OPTIONS_TEXT, .offset = offsetof(struct config, outlets.state), .names_file = true, .arg = "FILE",
	  .help = "with --follow or --hold: keep the state of the targets in a JSON FILE",
	  .more = "The file is replaced atomically whenever something changes." },
	{ .key = "health", .type = OPTIONS_TEXT, .offset = offsetof(struct config, outlets.health), .arg = "PLACE",
	  .help = "with --follow or --hold: answer HTTP at unix:PATH or tcp:PORT, 200 if ready, else 503",
	  .more = "The body is that of --state." },
	{ .key = "lock", .type = OPTIONS_TEXT, .offset = offsetof(struct config, lock), .arg = "NAME",
	  .help = "run COMMAND while the lock NAME of the postgres:// target is held, one at a time",
	  .more = "When all targets are ready, waitfor takes the lock, or waits until whoever has it has ended. It implies --stay: if "
		  "the session with PostgreSQL is lost, COMMAND gets SIGTERM. With ?once=VERSION in the URL, COMMAND does not run "
		  "if it has succeeded for VERSION. See LOCKS." },
	{ .key = "lock-timeout", .type = OPTIONS_DURATION, .offset = offsetof(struct config, lock_timeout), .arg = "TIME",
	  .help = "with --lock: give up after TIME without it, and exit 124",
	  .more = "0 (default): no limit while others have it; --timeout limits the time in which nobody has it." },
	{ .key = "expect-status", .type = OPTIONS_TEXT, .offset = offsetof(struct config, expect_status), .arg = "LIST",
	  .help = "of the http:// target: the statuses that are ready, such as 200,204" },
	{ .key = "expect-body", .type = OPTIONS_TEXT, .offset = offsetof(struct config, expect_body), .arg = "REGEX",
	  .help = "of the http:// target: its body must match" },
	{ .key = "expect-json", .type = OPTIONS_LIST, .offset = offsetof(struct config, expect_json), .arg = "/POINTER=VALUE",
	  .help = "of the http:// target: its body must be JSON with this value",
	  .more = "The option can be repeated." },
	{ .key = "http-header", .type = OPTIONS_LIST, .offset = offsetof(struct config, http_headers), .arg = "LINE", .secret = true,
	  .help = "for the http:// target: a header that is sent, such as Accept:text/plain",
	  .more = "The option can be repeated. A secret is better in WAITFOR_HTTP_HEADER, because every process of a "
		  "machine can read a command line." },
	{ .key = "config", .letter = 'f', .type = OPTIONS_TEXT, .offset = offsetof(struct config, path), .where = OPTIONS_NOT_IN_FILE,
	  .names_file = true, .arg = "FILE", .brief = true, .help = "read settings and targets from a JSON FILE",
	  .more = "The FILE - is standard input." },
	{ .key = "print-env", .type = OPTIONS_WORD, .value = 1, .choices = "sh|dotenv|json|github", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, print_env), .arg = "FORM", .brief = true,
	  .help = "print the variables when ready",
	  .more = "They are printed on standard output, and no COMMAND is started. Choose sh for a shell to evaluate, "
		  "dotenv for a .env file, json for a JSON object, github for $GITHUB_ENV." },
	{ .key = "explain", .type = OPTIONS_FLAG, .value = CONFIG_EXPLAIN_TABLE, .choices = "json", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, explain), .brief = true,
	  .help = "show the plan (targets, variables, settings) and exit",
	  .more = "The plan shows each target, its probe, where its address would come from, what would be exported, "
		  "and each setting that is not at its default, with its source; with -v, all settings. With this "
		  "option, waitfor does not wait, and a note says so if this machine cannot start COMMAND." },
	{ .key = "output", .type = OPTIONS_WORD, .choices = "auto|lines|board|json", .offset = offsetof(struct config, output),
	  .initial = "auto", .arg = "FORM", .help = "progress format on stderr",
	  .more = "With auto, a terminal gets board and everything else gets lines. With lines, each change is printed "
		  "on a line of its own. With json, each line is an event; docs/events.schema.json describes the "
		  "events." },
	{ .key = "report-fd", .type = OPTIONS_COUNT, .offset = offsetof(struct config, report_fd),
	  .arg = "N", .help = "write JSON events to file descriptor N",
	  .more = "The output on stderr stays readable for people. If N is above 2, COMMAND does not get the "
		  "descriptor." },
	{ .key = "report", .type = OPTIONS_LIST, .choices = "json|junit", .offset = offsetof(struct config, reports),
	  .names_file = true, .arg = "[FORM:]FILE", .help = "write a report when the wait is over",
	  .more = "The file is replaced atomically. The option can be repeated." },
	{ .key = "quiet", .letter = 'q', .type = OPTIONS_FLAG, .value = CONFIG_VERBOSITY_QUIET, .offset = offsetof(struct config, verbosity),
	  .brief = true, .help = "print only errors" },
	{ .key = "verbose", .letter = 'v', .type = OPTIONS_FLAG, .value = CONFIG_VERBOSITY_VERBOSE, .offset = offsetof(struct config, verbosity),
	  .brief = true, .help = "print a line for every attempt",
	  .more = "Of -q and -v, the last one counts." },
	{ .key = "help", .letter = 'h', .type = OPTIONS_FLAG, .value = CONFIG_HELP, .choices = "all|targets|json", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, action), .brief = true,
	  .help = "show common options; =all shows every option",
	  .more = "With =json, it prints the tables of options and targets for programs." },
	{ .key = "version", .letter = 'V', .type = OPTIONS_FLAG, .value = CONFIG_VERSION, .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, action),
	  .help = "print the versions of waitfor and of every library in it" },
	{ .key = "targets", .type = OPTIONS_NO_FIELD, .where = OPTIONS_ENV_ONLY,
	  .help = "targets, separated by white space or commas, used if the command line has none" },
};
/* clang-format on */

_Static_assert(sizeof(config_rows) / sizeof(config_rows[0]) <= CONFIG_ROWS, "raise CONFIG_ROWS");
_Static_assert((int)CONFIG_ROWS <= (int)BITS_MAX, "raise BITS_MAX: a target's own settings are a set of rows");

const struct options_table config_options = {config_rows, sizeof(config_rows) / sizeof(config_rows[0])};

static size_t config_row(const char *key)
{
	size_t row = 0;

	/* The first letter is enough for most, and this is called at every start. */
	while (config_rows[row].key[0] != key[0] || strcmp(config_rows[row].key, key) != 0)
		row++;
	return row;
}

enum options_source config_source(const struct config *config, const char *key)
{
	return config->sources[config_row(key)];
}

/* The setting has its default again. */
static void config_drop(struct config *config, const char *key)
{
	config->sources[config_row(key)] = OPTIONS_DEFAULT;
}

/* The flag of this key has its default again, if it is not from the command line. */
static void config_drop_flag(struct config *config, const char *key, int *flag)
{
	if (config_source(config, key) == OPTIONS_ARGV)
		return;
	*flag = 0;
	config_drop(config, key);
}

/* Does the command line ask for something that is no plain start of an app: a check, variables, a start come what may? */
static bool config_asks_otherwise(const struct config *config)
{
	static const char *const others[] = {"once", "down", "any", "run-anyway", "print-env"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (config_source(config, others[i]) == OPTIONS_ARGV)
			return true;
	return false;
}

/*
 * What waitfor does beside the app is for the app's own start. A health check finds the environment of that, and so does a script
 * that calls another tool's name.
 */
static void config_settle_stay(struct config *config)
{
	if (!config->command)
		config_drop_flag(config, "stay", &config->stay.on);
	if (config_asks_otherwise(config))
		config_drop_flag(config, "hold", &config->hold.on);
	else if (config->command)
		return;
	config_drop_flag(config, "follow", &config->follow.on);
	if (config->lock && config_source(config, "lock") != OPTIONS_ARGV) {
		config->lock = NULL;
		config_drop(config, "lock");
	}
}

/* Of --export and --no-export, the one of the later source counts. */
static void config_settle_exports(struct config *config)
{
	enum options_source composed = config_source(config, "export"), none = config_source(config, "no-export");

	if (!config->exports.count || !config->plan.no_export)
		return;
	if (composed > none) {
		config->plan.no_export = 0;
		config_drop(config, "no-export");
	} else if (composed < none) {
		config->exports.count = 0;
		config_drop(config, "export");
	}
}

/*
 * A health check finds the environment of the app's own start. What that asks to make for the app is not for --once
 * without a command.
 */
static void config_settle_once(struct config *config)
{
	enum options_source once = config_source(config, "once");

	if (!config->plan.once || config->command || config->print_env)
		return;
	if (config_source(config, "export") < once) {
		config->exports.count = 0;
		config_drop(config, "export");
	}
	if (config_source(config, "render") < once) {
		config->renders.count = 0;
		config_drop(config, "render");
	}
}

void config_settle(struct config *config, struct log *log)
{
	enum options_source once = config_source(config, "once"), successes = config_source(config, "successes");

	if (config->plan.once && config->settings.successes > 1 && once > successes) {
		config->settings.successes = 1;
		config_drop(config, "successes");
	} else if (config->plan.once && config->settings.successes > 1 && once < successes) {
		config->plan.once = 0;
		config_drop(config, "once");
	}
	config_settle_exports(config);
	config_settle_once(config);
	config_settle_stay(config);
	/* --print-env is never from another source than the command line. */
	if (config->print_env && config->plan.no_export && config_source(config, "no-export") < OPTIONS_ARGV) {
		config->plan.no_export = 0;
		config_drop(config, "no-export");
	}
	if (config->print_env && config->report_fd == STDOUT_FILENO &&
	    config_source(config, "report-fd") < OPTIONS_ARGV) {
		log_line(log, LOG_LEVEL_NORMAL, "no events on descriptor 1, because --print-env writes to it");
		config->report_fd = -1;
		config_drop(config, "report-fd");
	}
}

int config_check(const struct config *config, const struct target_settings *settings, struct error *err)
{
	if (config->plan.once && settings->successes > 1)
		return errors_set(err, "--once makes one attempt and --successes %d needs %d; leave out one",
				  settings->successes, settings->successes);
	return 0;
}

void config_release(struct config *config)
{
	plan_release(&config->plan);
	free(config->reports.items);
	free(config->expect_json.items);
	free(config->http_headers.items);
	free(config->checks.items);
	free(config->exports.items);
	free(config->renders.items);
	free(config->operands);
	jsontext_release(&config->file);
	env_release(&config->variables);
	*config = (struct config){0};
}
