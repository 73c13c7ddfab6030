/* Adds the commands of --check to the targets: each is ready when it exits with 0 (src/probe/exec.c). */
#ifndef SETTINGS_CHECKS_H
#define SETTINGS_CHECKS_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"

/*
 * Adds a target for each of config->checks, with the settings in config->settings. There may be no shell to run it, so the
 * command is cut into words here: at white space, with '', "" and \ as in a shell. ${NAME} is expanded, also in "", and its
 * value is never cut. What only a shell could do is an error, and so is a command without a word. Errors quote nothing of a
 * command, and no target shows more of it than the program: an argument may be a password.
 */
int checks_add(struct config *config, const struct env *env, struct error *err);

/*
 * Makes one such target, which the caller releases, of a command. Its text is "WHAT PROGRAM ...". Returns -1 with err; *target need
 * not be released then.
 */
int checks_make(struct target *target, const char *command, const char *what, const struct env *env, struct error *err);

#endif
