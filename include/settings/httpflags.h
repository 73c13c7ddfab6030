/* The flags for a single target of HTTP: --expect-status 200 instead of ?status=200 in its URL. */
#ifndef SETTINGS_HTTPFLAGS_H
#define SETTINGS_HTTPFLAGS_H

#include "base/errors.h"
#include "settings/config.h"

/*
 * Adds the values of --http-header, --expect-status, --expect-body and --expect-json to the parameters of the only target
 * that has such. Returns -1 with err if there is none, or more than one. The text of the target that is printed stays as it
 * is.
 */
int httpflags_apply(struct config *config, struct error *err);

#endif
