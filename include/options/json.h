/* Reads settings from a JSON object, such as a configuration file. The rows' keys are its keys. */
#ifndef OPTIONS_JSON_H
#define OPTIONS_JSON_H

#include <cjson/cJSON.h>

#include "options/jsontext.h"
#include "options/options.h"

/*
 * Stores the members of object in values, as OPTIONS_FILE. object must be an item of text->root.
 * - A value is a string, as in the environment, or the JSON value of its type: true or false for a flag, a number for
 *   a count, a number of seconds for a duration, an array of strings for a list.
 * - on_target: object is a target, so only rows with per_target are accepted.
 * - others: a NULL-terminated list of keys that the caller reads itself; they are skipped.
 *
 * Stored texts point into object. Fails on an unknown key, on a setting that is not allowed there, and on a wrong
 * value. The error gives line and column, the key, and for an unknown key the nearest known one.
 */
int options_json_load(const struct options_table *table, const struct jsontext *text, const cJSON *object,
		      bool on_target, const char *const *others, const struct options_values *values,
		      struct error *err);

#endif
