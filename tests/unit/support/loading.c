#include "loading.h"

#include "cli/outputs.h"
#include "settings/load.h"

int loading_run(struct config *config, int argc, char **argv, const struct env *env, struct log *log, struct error *err)
{
	int failed = load_settings(config, argc, argv, env, err);

	outputs_set_log(config, log);
	return failed || config->action != CONFIG_WAIT ? failed : load_targets(config, env, log, err);
}
