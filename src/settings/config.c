#include "settings/config.h"

#include <stdlib.h>

/* clang-format off */
static const struct options_row config_rows[] = {
	{ .key = "timeout", .letter = 't', .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.timeout),
	  .initial = "60s", .arg = "TIME", .brief = true, .per_target = true, .help = "give up after TIME, exit 124; 0: no limit" },
	{ .key = "attempt-timeout", .type = OPTIONS_DURATION, .value = 1, .offset = offsetof(struct config, settings.attempt_timeout),
	  .initial = "3s", .arg = "TIME", .per_target = true, .help = "limit of one attempt, names included" },
	{ .key = "max-interval", .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.max_interval),
	  .arg = "TIME", .per_target = true, .help = "never wait longer than TIME between two attempts",
	  .more = "The pause grows with the time waited, at most to 0.1 to 1 s, depending on what an attempt costs the "
		  "peer. 0 is no cap but that." },
	{ .key = "successes", .type = OPTIONS_COUNT, .value = 1, .offset = offsetof(struct config, settings.successes),
	  .initial = "1", .arg = "N", .per_target = true, .help = "N attempts in a row must find a target ready",
	  .more = "They are about 0.1 to 1 s apart, or --max-interval where that is less. With --down: must find it down." },
	{ .key = "once", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.once),
	  .brief = true, .help = "one round: exit 0 ready, 1 not (HEALTHCHECK)",
	  .more = "For a HEALTHCHECK, a probe or a script." },
	{ .key = "any", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, any),
	  .brief = true, .help = "one target is enough" },
	{ .key = "down", .type = OPTIONS_FLAG, .value = PLAN_DOWN_ON, .choices = "absent", .offset = offsetof(struct config, plan.down),
	  .brief = true, .help = "wait until nothing answers",
	  .more = "A name that does not exist is not down, unless it resolved before or with =absent: it may be misspelt." },
	{ .key = "run-anyway", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, run_anyway),
	  .help = "start COMMAND even after a timeout",
	  .more = "With --print-env: print what is known, and exit 0." },
	{ .key = "fail-fast", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.fail_fast),
	  .help = "give up at once, exit 124, on what waiting does not mend",
	  .more = "That is: denied, another protocol, a bad certificate." },
	{ .key = "links", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, links),
	  .brief = true, .help = "wait for every peer in link and service variables",
	  .more = "Those that Docker's --link and Kubernetes set. They come to the other targets." },
	{ .key = "pin", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.pin),
	  .help = "export the address that answered as NAME_HOST" },
	{ .key = "no-export", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, plan.no_export),
	  .help = "leave COMMAND's environment as it is" },
	{ .key = "config", .letter = 'f', .type = OPTIONS_TEXT, .offset = offsetof(struct config, path), .where = OPTIONS_NOT_IN_FILE,
	  .arg = "FILE", .brief = true, .help = "read settings and targets from a JSON FILE",
	  .more = "- is standard input." },
	{ .key = "print-env", .type = OPTIONS_WORD, .value = 1, .choices = "sh|dotenv|json|github", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, print_env), .arg = "FORM", .brief = true,
	  .help = "only print the variables",
	  .more = "On standard output, when the targets are ready: sh to be evaluated by a shell, dotenv for a .env file, "
		  "json, github for $GITHUB_ENV." },
	{ .key = "explain", .type = OPTIONS_FLAG, .value = CONFIG_EXPLAIN_TABLE, .choices = "json", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, explain), .brief = true, .help = "say what would be done; wait for nothing",
	  .more = "Each target, its probe, where its address would come from, what would be exported, and each setting "
		  "with its source." },
	{ .key = "output", .type = OPTIONS_WORD, .choices = "auto|lines|board|json", .offset = offsetof(struct config, output),
	  .initial = "auto", .arg = "FORM", .help = "how the wait is told on stderr",
	  .more = "auto is a board on a terminal and lines elsewhere; lines tells what changes; json writes an event on each "
		  "line, docs/events.schema.json says which." },
	{ .key = "report-fd", .type = OPTIONS_COUNT, .offset = offsetof(struct config, report_fd),
	  .arg = "N", .help = "write JSON events to descriptor N",
	  .more = "stderr stays for people. Where N is above 2 it is closed before COMMAND starts." },
	{ .key = "report", .type = OPTIONS_LIST, .choices = "json|junit", .offset = offsetof(struct config, reports),
	  .arg = "[FORM:]FILE", .help = "write a document when the wait is over",
	  .more = "The file is written at once: a reader finds all of it or none. May be repeated." },
	{ .key = "quiet", .letter = 'q', .type = OPTIONS_FLAG, .value = CONFIG_VERBOSITY_QUIET, .offset = offsetof(struct config, verbosity),
	  .brief = true, .help = "say nothing but errors" },
	{ .key = "verbose", .letter = 'v', .type = OPTIONS_FLAG, .value = CONFIG_VERBOSITY_VERBOSE, .offset = offsetof(struct config, verbosity),
	  .brief = true, .help = "a line for every attempt" },
	{ .key = "help", .letter = 'h', .type = OPTIONS_FLAG, .value = CONFIG_HELP, .choices = "all|json", .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, action), .brief = true, .help = "say what is needed most",
	  .more = "=all tells everything; =json prints the tables of options and targets for programs." },
	{ .key = "version", .letter = 'V', .type = OPTIONS_FLAG, .value = CONFIG_VERSION, .where = OPTIONS_ARGV_ONLY,
	  .offset = offsetof(struct config, action), .help = "versions of waitfor and of every library in it" },
	{ .key = "targets", .type = OPTIONS_OUTSIDE, .where = OPTIONS_ENV_ONLY,
	  .help = "targets, separated by white space, where the command line has none" },
};
/* clang-format on */

_Static_assert(sizeof(config_rows) / sizeof(config_rows[0]) <= CONFIG_ROWS, "raise CONFIG_ROWS");

const struct options_table config_options = {config_rows, sizeof(config_rows) / sizeof(config_rows[0])};

int config_check(const struct config *config, const struct target_settings *settings, struct error *err)
{
	if (config->plan.once && settings->successes > 1)
		return errors_set(err, "once makes one attempt, and successes wants %d of them; say one of the two",
				  settings->successes);
	return 0;
}

void config_release(struct config *config)
{
	plan_release(&config->plan);
	free(config->reports.items);
	free(config->operands);
	jsontext_release(&config->file);
	*config = (struct config){0};
}
