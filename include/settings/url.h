/* A target's URL out of a configuration file: variables expanded, the probe's options as parameters. */
#ifndef SETTINGS_URL_H
#define SETTINGS_URL_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/errors.h"
#include "options/jsontext.h"
#include "system/env.h"

/* The text of item, which is in file, with its ${VAR} expanded: the caller's. NULL with err, which quotes nothing of it. */
char *url_expand(const struct jsontext *file, const cJSON *item, const char *text, const struct env *env,
		 struct error *err);

/* Adds the members of options, an object of strings and numbers, to the URL as its parameters, percent-encoded. */
int url_add_options(const struct jsontext *file, struct buf *url, const cJSON *options, const struct env *env,
		    struct error *err);

#endif
