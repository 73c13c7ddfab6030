/* The pass over a configuration file: the same rows as JSON keys. */
#ifndef OPTIONS_JSON_H
#define OPTIONS_JSON_H

#include <cjson/cJSON.h>

#include "options/jsontext.h"
#include "options/options.h"

/*
 * Stores the members of object, which is in text, as OPTIONS_FILE. A value is a string as in the environment, or what
 * JSON has for it: true and false, a number (of seconds, for a duration), an array of strings for a list. on_target:
 * only rows that may stand on one target are taken. others: NULL-terminated keys that are the caller's, which are left
 * alone. Errors name the place and the key, and the nearest valid key for one that is none. Texts stay in object.
 */
int options_json_load(const struct options_table *table, const struct jsontext *text, const cJSON *object,
		      bool on_target, const char *const *others, const struct options_values *values,
		      struct error *err);

#endif
