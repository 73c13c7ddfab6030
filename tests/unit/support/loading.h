/* All that is asked for, as main loads it. */
#ifndef LOADING_H
#define LOADING_H

#include "settings/config.h"

/* load_settings, the log's level and, for a wait, load_targets: 0, or -1 with err. */
int loading_run(struct config *config, int argc, char **argv, const struct env *env, struct log *log,
		struct error *err);

#endif
