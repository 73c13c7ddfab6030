/* Where targets are written: words of the command line and of WAITFOR_TARGETS, link and service variables. */
#ifndef SETTINGS_TARGETS_H
#define SETTINGS_TARGETS_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"

/*
 * Expands and takes apart one target, and asks the variables for a bare one's port and for a last-resort address. It
 * gets config's settings. Errors show it masked.
 */
int targets_add(struct config *config, const char *text, const struct env *env, struct error *err);

/* The same for a target in which nothing is to be expanded any more. */
int targets_add_expanded(struct config *config, const char *text, const struct env *env, struct error *err);

/* Those of WAITFOR_TARGETS, which white space separates. */
int targets_add_words(struct config *config, const char *text, const struct env *env, struct error *err);

/* Every peer that link and service variables know and no target has named (links.h). */
int targets_add_links(struct config *config, const struct env *env, struct error *err);

#endif
