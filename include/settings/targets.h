/* Adds targets to config->plan: from the command line, WAITFOR_TARGETS, and link and service variables. */
#ifndef SETTINGS_TARGETS_H
#define SETTINGS_TARGETS_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"

/*
 * Expands the variables in text, parses the target or targets, which commas separate (text_first), and adds them with
 * the settings in config->settings. Link and service
 * variables in env give a missing port, and an address for the case that the name does not resolve. Fails on a wrong
 * target or an unset variable. Errors quote the target without its password.
 */
int targets_add(struct config *config, const char *text, const struct env *env, struct error *err);

/* As targets_add, but expands no variables in text. */
int targets_add_expanded(struct config *config, const char *text, const struct env *env, struct error *err);

/* Adds the targets in text, the value of WAITFOR_TARGETS. White space and commas separate them. */
int targets_add_words(struct config *config, const char *text, const struct env *env, struct error *err);

/*
 * Adds a target for every host in link and service variables (links.h), unless config already has a target with that
 * host, or config->links_without has the name. A peer with several TCP ports is ready when one of them is.
 */
int targets_add_links(struct config *config, const struct env *env, struct error *err);

#endif
