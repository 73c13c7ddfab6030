/* What a configuration file says: one JSON object of settings and targets. */
#ifndef SETTINGS_FILE_H
#define SETTINGS_FILE_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/process.h"

/* Reads config->path into config->file. Errors of this and the following name file, line and column. */
int settings_file_read(struct config *config, const struct process *process, struct error *err);

/* The pass over the settings that stand outside of the targets, to come between defaults and environment. */
int settings_file_settings(struct config *config, struct error *err);

/* config_check of what holds outside of the targets, after all passes: with the place where the file is to blame. */
int settings_file_check_settings(const struct config *config, struct error *err);

/* Does it have targets? */
bool settings_file_has_targets(const struct config *config);

/*
 * Adds its targets and groups. Their own settings win over what config has from defaults and file, not over what
 * environment and command line gave, so those passes come first.
 */
int settings_file_targets(struct config *config, const struct env *env, struct error *err);

#endif
