#include "config_load.h"

#include <stdlib.h>

#include "alloc.h"
#include "config_targets.h"

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
