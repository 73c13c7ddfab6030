/* What was asked for, from configuration file, environment and command line, checked. */
#ifndef SETTINGS_LOAD_H
#define SETTINGS_LOAD_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "system/process.h"

/*
 * Fills config from defaults, then env, then argv, sets the log's level and warns of what looks like a
 * mistake. Says what is wrong with a setting or a target and what would be right. With an action
 * other than CONFIG_WAIT the targets are not looked at.
 */
int settings_load(struct config *config, int argc, char **argv, const struct env *env, const struct process *process,
		  struct log *log, struct error *err);

#endif
