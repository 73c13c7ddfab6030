#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "links.h"
#include "mask.h"

/* clang-format off */
static const struct options_row config_rows[] = {
	{ .key = "timeout", .letter = 't', .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.timeout),
	  .initial = "60s", .arg = "TIME", .brief = true, .per_target = true, .help = "give up after TIME, exit 124; 0: no limit" },
	{ .key = "attempt-timeout", .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.attempt_timeout),
	  .initial = "3s", .arg = "TIME", .per_target = true, .help = "limit of one attempt, names included" },
	{ .key = "max-interval", .type = OPTIONS_DURATION, .offset = offsetof(struct config, settings.max_interval),
	  .arg = "TIME", .per_target = true, .help = "never wait longer than TIME between two attempts",
	  .more = "The pause grows with the time waited, at most to 0.1 to 1 s, depending on what an attempt costs the "
		  "peer. 0 is no cap but that." },
	{ .key = "successes", .type = OPTIONS_COUNT, .value = 1, .offset = offsetof(struct config, settings.successes),
	  .initial = "1", .arg = "N", .per_target = true, .help = "N attempts in a row must find a target ready",
	  .more = "They are at least 0.1 s apart, at most 1 s or --max-interval. With --down: must find it down." },
	{ .key = "once", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, once),
	  .brief = true, .help = "one round: exit 0 ready, 1 not (HEALTHCHECK)",
	  .more = "For a HEALTHCHECK, a probe or a script." },
	{ .key = "any", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, any),
	  .brief = true, .help = "one target is enough" },
	{ .key = "down", .type = OPTIONS_FLAG, .value = CONFIG_DOWN_ON, .choices = "absent", .offset = offsetof(struct config, down),
	  .brief = true, .help = "wait until nothing answers",
	  .more = "A name that does not exist is not down, unless it resolved before or with =absent: it may be misspelt." },
	{ .key = "run-anyway", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, run_anyway),
	  .help = "start COMMAND even after a timeout" },
	{ .key = "fail-fast", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, fail_fast),
	  .help = "give up at once, exit 124, on what waiting does not mend",
	  .more = "That is: denied, another protocol, a bad certificate." },
	{ .key = "links", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, links),
	  .brief = true, .help = "wait for every peer in link and service variables",
	  .more = "Those that Docker's --link and Kubernetes set. They come to the other targets." },
	{ .key = "pin", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, pin),
	  .help = "export the address that answered as NAME_HOST" },
	{ .key = "no-export", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct config, no_export),
	  .help = "leave COMMAND's environment as it is" },
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

/* Names the target as it was written, where that is not what the error names already. */
static void config_name_origin(const char *text, const char *expanded, struct error *err)
{
	char *written = mask_target(text), *named = mask_target(expanded);

	if (strcmp(written, named) != 0)
		errors_prefix(err, "\"%s\"", written);
	free(written);
	free(named);
}

/* Expands and takes apart one target, and asks the variables for a bare one's port and for a last-resort address. */
static int config_add_target(struct config *config, const char *text, const struct env *env, struct error *err)
{
	struct target *target;
	char *expanded, *shown;
	int failed;

	if (env_expand(env, text, &expanded, err)) {
		shown = mask_target(text);
		errors_prefix(err, "target \"%s\"", shown);
		free(shown);
		return -1;
	}
	config->targets = alloc_resize(config->targets, config->target_count + 1, sizeof(*config->targets));
	target = &config->targets[config->target_count];
	failed = target_parse(target, expanded, err);
	if (failed)
		config_name_origin(text, expanded, err);
	free(expanded);
	if (failed)
		return -1;
	target->settings = config->settings;
	config->target_count++;
	/* A scheme may have a usual port, which probe_bind knows. */
	for (size_t i = 0; i < target->endpoint_count && !target->scheme; i++)
		links_complete(&target->endpoints[i], env, 0);
	return 0;
}

/* Does what is shown of the word end in a secret, so that white space in it would make a word of the rest? */
static bool config_ends_in_secret(const char *word)
{
	char *shown = mask_target(word);
	size_t len = strlen(shown);
	bool ends = len >= 3 && strcmp(shown + len - 3, "***") == 0;

	free(shown);
	return ends;
}

/* A word of WAITFOR_TARGETS. after_secret: one that is no target may be the rest of a password, which nobody may see. */
static int config_add_word(struct config *config, const char *word, bool after_secret, const struct env *env,
			   struct error *err)
{
	const struct target *added;
	int failed = config_add_target(config, word, env, err);

	if (!after_secret || strstr(word, "://"))
		return failed;
	added = failed ? NULL : &config->targets[config->target_count - 1];
	if (added && added->endpoints[0].port)
		return 0;
	return errors_set(err, "what follows a password is no target; write white space in a password as %%20, "
			       "and targets as host:port");
}

static int config_add_words(struct config *config, const char *text, const struct env *env, struct error *err)
{
	bool after_secret = false;

	while (*text) {
		size_t len;
		char *word;
		int failed;

		while (isspace((unsigned char)*text))
			text++;
		len = strcspn(text, " \t\r\n\v\f");
		if (!len)
			break;
		word = alloc_slice(text, len);
		failed = config_add_word(config, word, after_secret, env, err);
		after_secret = config_ends_in_secret(word);
		free(word);
		if (failed)
			return errors_prefix(err, "WAITFOR_TARGETS");
		text += len;
	}
	return 0;
}

/* A peer that the command line already names is not added again. */
static bool config_has_host(const struct config *config, const char *host)
{
	for (size_t i = 0; i < config->target_count; i++)
		for (size_t j = 0; j < config->targets[i].endpoint_count; j++)
			if (strcasecmp(config->targets[i].endpoints[j].host, host) == 0)
				return true;
	return false;
}

static int config_add_links(struct config *config, const struct env *env, struct error *err)
{
	char **hosts = links_discover(env);
	int failed = 0;

	for (size_t i = 0; hosts[i]; i++) {
		if (!failed && !config_has_host(config, hosts[i]))
			failed = config_add_target(config, hosts[i], env, err);
		free(hosts[i]);
	}
	free(hosts);
	return failed;
}

/* Gives its index. */
static size_t config_add_group(struct config *config, size_t parent, bool any)
{
	config->groups = alloc_resize(config->groups, config->group_count + 1, sizeof(*config->groups));
	config->groups[config->group_count] = (struct group){.parent = parent, .any = any};
	return config->group_count++;
}

static int config_add_targets(struct config *config, char **operands, size_t count, const struct env *env,
			      struct error *err)
{
	const char *words = env_get(env, "WAITFOR_TARGETS");

	for (size_t i = 0; i < count; i++)
		if (config_add_target(config, operands[i], env, err))
			return -1;
	if (count == 0 && words && config_add_words(config, words, env, err))
		return -1;
	if (config->links && config_add_links(config, env, err))
		return -1;
	if (config->target_count == 0 && !config->links)
		return errors_set(err,
				  "no target; write waitfor host:port -- command, set WAITFOR_TARGETS or say --links");
	return 0;
}

static int config_check(const struct config *config, struct error *err)
{
	if (config->settings.attempt_timeout == 0)
		return errors_set(err, "--attempt-timeout: 0 would never try; write a time such as 3s");
	if (config->once && config->settings.successes > 1)
		return errors_set(err, "--once makes one attempt, and --successes wants %d of them; say one of the two",
				  config->settings.successes);
	return 0;
}

int config_load(struct config *config, int argc, char **argv, const struct env *env, struct log *log, struct error *err)
{
	static const enum log_level levels[] = {
		[CONFIG_VERBOSITY_NORMAL] = LOG_LEVEL_NORMAL,
		[CONFIG_VERBOSITY_QUIET] = LOG_LEVEL_ERROR,
		[CONFIG_VERBOSITY_VERBOSE] = LOG_LEVEL_VERBOSE,
	};
	const struct options_values values = {config, config->sources};
	char **operands = alloc_zero((size_t)argc + 1, sizeof(*operands));
	size_t count;
	int rest, failed = -1;

	*config = (struct config){0};
	if (options_load_defaults(&config_options, &values, err) ||
	    options_load_env(&config_options, env, &values, err) ||
	    options_load_argv(&config_options, argc, argv, &values, operands, &count, &rest, err))
		goto out;
	log->level = levels[config->verbosity];
	config->command = rest < argc ? argv + rest : NULL;
	if (config->action == CONFIG_WAIT) {
		options_warn_misspelt(&config_options, env, log);
		config_add_group(config, 0, config->any);
		if (config_check(config, err) || config_add_targets(config, operands, count, env, err))
			goto out;
		if (config->target_count == 0)
			log_line(log, LOG_LEVEL_NORMAL,
				 "--links: no link or service variables here, nothing to wait for");
	}
	failed = 0;
out:
	free(operands);
	return failed;
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->target_count; i++)
		target_release(&config->targets[i]);
	free(config->targets);
	free(config->groups);
	*config = (struct config){0};
}
