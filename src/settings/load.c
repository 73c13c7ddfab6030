#include "settings/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "options/argv.h"
#include "settings/checks.h"
#include "settings/file.h"
#include "settings/httpflags.h"
#include "settings/locks.h"
#include "settings/targets.h"

/* The prefix of waitfor's own variables. */
static const char load_prefix[] = "WAITFOR_";

/* Returns the length of an entry of waitfor's own without the carriage return at its end; 0 for another entry. */
static size_t load_length(const char *entry)
{
	size_t len = strlen(entry);

	if (strncmp(entry, load_prefix, sizeof(load_prefix) - 1) != 0)
		return 0;
	return len && entry[len - 1] == '\r' ? len - 1 : len;
}

/* Copies waitfor's own variables. A file with Windows line ends leaves a carriage return at the end of each. */
static void load_take_variables(struct config *config, const struct env *env)
{
	char **own = alloc_zero(env->count + 1, sizeof(*own));
	size_t count = 0;

	for (size_t i = 0; i < env->count; i++) {
		size_t len = load_length(env->list[i]);

		if (len > strcspn(env->list[i], "="))
			own[count++] = alloc_slice(env->list[i], len);
	}
	env_copy(&config->variables, own);
	while (count)
		free(own[--count]);
	free(own);
}

/* Logs which variables of waitfor's own ended with a carriage return. */
static void load_warn_of_returns(const struct env *env, struct log *log)
{
	struct buf names = {0};

	for (size_t i = 0; i < env->count; i++) {
		if (!load_length(env->list[i]) || load_length(env->list[i]) == strlen(env->list[i]))
			continue;
		buf_add_text(&names, names.len ? ", " : "");
		buf_add(&names, env->list[i], strcspn(env->list[i], "="));
	}
	if (names.len)
		log_line(log, LOG_LEVEL_NORMAL,
			 "dropping the carriage return at the end of %s; save the file that sets them without Windows "
			 "line ends",
			 names.data);
	buf_release(&names);
}

/* Reads the settings of all sources. A file must have been read into config->file. */
static int load_pass(struct config *config, int argc, char **argv, const struct env *env, struct error *err)
{
	const struct options_values values = {config, config->sources};
	int rest;

	config->operands = alloc_zero((size_t)argc + 1, sizeof(char *));
	load_take_variables(config, env);
	if (options_load_defaults(&config_options, &values, err) ||
	    (config->file.root && settings_file_settings(config, err)) ||
	    options_load_env(&config_options, &config->variables, &values, err) ||
	    argv_load(&config_options, argc, argv, &values, config->operands, &config->operand_count, &rest, err))
		return -1;
	config->command = rest < argc ? argv + rest : NULL;
	return 0;
}

/*
 * Returns the value of --output or WAITFOR_OUTPUT; NULL if neither is given. It searches argv itself, because a failed
 * pass may not have reached the option.
 */
static const char *load_form_asked_for(int argc, char **argv, const struct env *env)
{
	const char *found = env_get(env, "WAITFOR_OUTPUT");

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], "--output=", 9) == 0)
			found = argv[i] + 9;
		else if (strcmp(argv[i], "--output") == 0 && i + 1 < argc)
			found = argv[i + 1];
	return found;
}

int load_settings(struct config *config, int argc, char **argv, const struct env *env, struct error *err)
{
	struct config first = {.report_fd = -1};
	const char *form;
	int failed;

	/*
	 * The file's settings come between defaults and environment, but its path is known only after the command line
	 * was read. So the settings are read again if there is a file.
	 */
	*config = (struct config){.report_fd = -1};
	failed = load_pass(&first, argc, argv, env, err);
	if (!failed && (first.action != CONFIG_WAIT || !first.path)) {
		*config = first;
		return 0;
	}
	if (!failed) {
		config->path = first.path;
		failed = settings_file_read(config, err) || load_pass(config, argc, argv, env, err);
	}
	if (failed) {
		/*
		 * Errors have the form that --output asks for, or lines for people if the events go to another
		 * descriptor.
		 */
		form = load_form_asked_for(argc, argv, &first.variables);
		if (form)
			config->output = strcmp(form, "json") == 0 ? CONFIG_OUTPUT_JSON : CONFIG_OUTPUT_AUTO;
		config->report_fd = first.report_fd;
	}
	config_release(&first);
	return failed ? -1 : 0;
}

/* Adds the targets of the command line, else those of WAITFOR_TARGETS, else those of the file. */
static int load_add_targets(struct config *config, const struct env *env, struct log *log, struct error *err)
{
	const char *words = env_get(&config->variables, "WAITFOR_TARGETS");
	bool has_words = words && words[strspn(words, " \t\r\n\v\f")];

	for (size_t i = 0; i < config->operand_count; i++)
		if (targets_add(config, config->operands[i], env, err))
			return -1;
	if (config->operand_count == 0 && has_words && targets_add_words(config, words, env, err))
		return -1;
	if (config->plan.target_count == 0 && config->file.root && settings_file_targets(config, env, err))
		return -1;
	if ((config->operand_count || has_words) && settings_file_has_targets(config))
		log_line(log, LOG_LEVEL_NORMAL, "ignoring the targets in %s, because %s gives targets",
			 config->file.name, config->operand_count ? "the command line" : "WAITFOR_TARGETS");
	if (checks_add(config, env, err))
		return -1;
	if (config->links && targets_add_links(config, env, err))
		return -1;
	if (config->plan.target_count || config->links || config->stay.on)
		return 0;
	if (config->file.root)
		return errors_set(
			err,
			"no target; add \"targets\": [\"db:5432\"] to %s, or write waitfor -f FILE host:port -- "
			"command",
			config->file.name);
	return errors_set(err, "no target; write waitfor host:port -- command, set WAITFOR_TARGETS, or use --links");
}

static int load_check_print_env(const struct config *config, struct error *err)
{
	if (config->print_env && config->command)
		return errors_set(err, "--print-env prints the variables and does not run \"%s\"; leave out one",
				  config->command[0]);
	if (config->print_env && config->plan.no_export)
		return errors_set(err, "--print-env prints the variables and --no-export sets none; leave out one");
	return 0;
}

static int load_check_exports(const struct config *config, struct error *err)
{
	if (config->exports.count && config->plan.no_export)
		return errors_set(err, "--export sets a variable and --no-export sets none; leave out one");
	return 0;
}

/* Does waitfor stay with the command? */
static bool load_has_child(const struct config *config)
{
	return config->stay.on || config->hold.on || config->lock || config->follow.on;
}

static int load_check_stay(const struct config *config, struct error *err)
{
	if (config->stay.on && !config->command)
		return errors_set(err, "--stay is for a command; write waitfor --stay host:port -- command");
	if (!config->hold.on && config->hold.timeout && config_source(config, "hold-timeout") == OPTIONS_ARGV)
		return errors_set(err, "--hold-timeout is for connections that are held; write --hold as well");
	if (!config->hold.on && config->hold.max != CONFIG_HOLD_MAX &&
	    config_source(config, "hold-max") == OPTIONS_ARGV)
		return errors_set(err, "--hold-max is for connections that are held; write --hold as well");
	if (config->follow.on && !config->command)
		return errors_set(err, "--follow is for a command; write waitfor --follow host:port -- command");
	if (!config->follow.on && !config->hold.on && config->outlets.state &&
	    config_source(config, "state") == OPTIONS_ARGV)
		return errors_set(
			err, "--state is the state of targets that are followed or held; write --follow or --hold as "
			     "well");
	if (!config->follow.on && !config->hold.on && config->outlets.health &&
	    config_source(config, "health") == OPTIONS_ARGV)
		return errors_set(
			err, "--health is the state of targets that are followed or held; write --follow or --hold as "
			     "well");
	if (!config->follow.on && config_source(config, "lost-after") == OPTIONS_ARGV)
		return errors_set(err, "--lost-after is for targets that are followed; write --follow as well");
	if (config->hold.on && config->print_env)
		return errors_set(err, "--hold holds the connections of a command; leave out --print-env");
	if (!load_has_child(config) && config->stay.group && config_source(config, "group") == OPTIONS_ARGV)
		return errors_set(err, "--group says how signals are passed on; write --stay as well");
	if (!load_has_child(config) && config->stay.kill_after && config_source(config, "kill-after") == OPTIONS_ARGV)
		return errors_set(err, "--kill-after is for a command that waitfor stays with; write --stay as well");
	return 0;
}

/* There is no target. Is that an error? */
static int load_check_links(const struct config *config, struct log *log, struct error *err)
{
	if (!config->links)
		return 0; /* an init needs none */
	if (config->links == CONFIG_LINKS_OPTIONAL) {
		log_line(log, LOG_LEVEL_NORMAL, "--links: found no link or service variables; nothing to wait for");
		return 0;
	}
	return errors_set(err, "--links: found no link or service variables, which Docker 29 does not set; write the "
			       "targets, or --links=optional if there may be none");
}

int load_targets(struct config *config, const struct env *env, struct log *log, struct error *err)
{
	options_warn_misspelt(&config_options, env, log);
	load_warn_of_returns(env, log);
	config_settle(config, log);
	if (load_check_print_env(config, err) || load_check_exports(config, err) || load_check_stay(config, err) ||
	    locks_check(config, err))
		return -1;
	plan_add_group(&config->plan, 0, config->any);
	if (settings_file_check_settings(config, err) || load_add_targets(config, env, log, err) ||
	    httpflags_apply(config, err) || locks_add(config, err))
		return -1;
	return config->plan.target_count ? 0 : load_check_links(config, log, err);
}
