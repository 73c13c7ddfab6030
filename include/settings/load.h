/* What was asked for, from configuration file, environment and command line, checked. */
#ifndef SETTINGS_LOAD_H
#define SETTINGS_LOAD_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "system/process.h"

/*
 * Fills config from defaults, file, environment and command line, the later over the earlier; targets are not looked at.
 * Says what is wrong with a setting and what would be right. On failure config says in which form the error is to be
 * told, as far as that is known. To be released with config_release in either case.
 */
int load_settings(struct config *config, int argc, char **argv, const struct env *env, const struct process *process,
		  struct error *err);

/*
 * For a wait, after load_settings: adds the targets, with the settings of each, and checks what does not go together.
 * Warns in log of what looks like a mistake.
 */
int load_targets(struct config *config, const struct env *env, struct log *log, struct error *err);

#endif
