#include "settings/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "options/argv.h"
#include "settings/file.h"
#include "settings/targets.h"

/* Reads the settings of all sources. A file must have been read into config->file. */
static int load_pass(struct config *config, int argc, char **argv, const struct env *env, struct error *err)
{
	const struct options_values values = {config, config->sources};
	int rest;

	config->operands = alloc_zero((size_t)argc + 1, sizeof(char *));
	if (options_load_defaults(&config_options, &values, err) ||
	    (config->file.root && settings_file_settings(config, err)) ||
	    options_load_env(&config_options, env, &values, err) ||
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

int load_settings(struct config *config, int argc, char **argv, const struct env *env, const struct process *process,
		  struct error *err)
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
		failed = settings_file_read(config, process, err) || load_pass(config, argc, argv, env, err);
	}
	if (failed) {
		/*
		 * Errors have the form that --output asks for, or lines for people if the events go to another
		 * descriptor.
		 */
		form = load_form_asked_for(argc, argv, env);
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
	const char *words = env_get(env, "WAITFOR_TARGETS");
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
	if (config->links && targets_add_links(config, env, err))
		return -1;
	if (config->plan.target_count == 0 && !config->links && config->file.root)
		return errors_set(
			err,
			"no target; add \"targets\": [\"db:5432\"] to %s, or write waitfor -f FILE host:port -- "
			"command",
			config->file.name);
	if (config->plan.target_count == 0 && !config->links)
		return errors_set(err,
				  "no target; write waitfor host:port -- command, set WAITFOR_TARGETS, or use --links");
	return 0;
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

int load_targets(struct config *config, const struct env *env, struct log *log, struct error *err)
{
	options_warn_misspelt(&config_options, env, log);
	if (load_check_print_env(config, err))
		return -1;
	plan_add_group(&config->plan, 0, config->any);
	if (settings_file_check_settings(config, err) || load_add_targets(config, env, log, err))
		return -1;
	if (config->plan.target_count == 0)
		log_line(log, LOG_LEVEL_NORMAL, "--links: found no link or service variables; nothing to wait for");
	return 0;
}
