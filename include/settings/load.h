/* Reads and checks all settings and targets: configuration file, environment and command line. */
#ifndef SETTINGS_LOAD_H
#define SETTINGS_LOAD_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"

/*
 * Fills config from defaults, file, environment and command line; a later source overrules an earlier one. Reads no
 * targets. config points into argv, which must outlive it. Fails on a wrong setting; the error names it and the fix. On
 * failure, config->output and config->report_fd still tell in which form the error must be printed, if that is known.
 * config must be freed with config_release, also on failure.
 */
int load_settings(struct config *config, int argc, char **argv, const struct env *env, struct error *err);

/*
 * Call it after load_settings, if config->action is CONFIG_WAIT. Adds the targets, with the settings of each. Fails if
 * there is no target, if a target is wrong, or if settings exclude each other. Logs a warning about a probable mistake.
 */
int load_targets(struct config *config, const struct env *env, struct log *log, struct error *err);

#endif
