/* A configuration file: one JSON object with settings and targets. */
#ifndef SETTINGS_FILE_H
#define SETTINGS_FILE_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"

/*
 * Reads the file config->path into config->file; "-" is standard input. Fails if it cannot be read or is not a JSON
 * object. Errors of all functions here name the file, and those about its content also line and column.
 */
int settings_file_read(struct config *config, struct error *err);

/* Stores the file's settings for the whole wait in config. Call it after the defaults and before the environment. */
int settings_file_settings(struct config *config, struct error *err);

/*
 * config_check for the settings of the whole wait. Call it after all sources were read. The error has a place if the
 * wrong setting is from the file.
 */
int settings_file_check_settings(const struct config *config, struct error *err);

/* Returns whether the file has targets. False if there is no file. */
bool settings_file_has_targets(const struct config *config);

/*
 * Adds the file's targets and groups to config->plan, with the variables of env expanded. Call it after all sources
 * were read: a target's own settings overrule those from defaults and file, but not those from environment and
 * command line. Fails on a wrong target, group or setting.
 */
int settings_file_targets(struct config *config, const struct env *env, struct error *err);

#endif
