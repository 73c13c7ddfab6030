/* Makes a target's URL from the items of a configuration file: expands variables and adds "options" as parameters. */
#ifndef SETTINGS_URL_H
#define SETTINGS_URL_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/errors.h"
#include "options/jsontext.h"
#include "system/env.h"

/*
 * Returns text with each ${VAR} expanded; the caller's. text is from item, which is an item of file->root. Returns
 * NULL on failure; the error has item's place and quotes no value, because it may be a password.
 */
char *url_expand(const struct jsontext *file, const cJSON *item, const char *text, const struct env *env,
		 struct error *err);

/*
 * Appends the members of options to url, as parameters, with variables expanded and percent-encoded. Fails if options
 * is not an object of strings, numbers and booleans, or of arrays of these, which repeat the parameter; if url is not a URL; and
 * if a key cannot be a parameter's name.
 */
int url_add_options(const struct jsontext *file, struct buf *url, const cJSON *options, const struct env *env,
		    struct error *err);

#endif
