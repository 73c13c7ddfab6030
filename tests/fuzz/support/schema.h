/* Holds JSON against a JSON schema: as much of the draft of 2020-12 as the schemas in docs/ use. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <cjson/cJSON.h>

/* Reads the schema in that file, once: a fuzzer has one. It stays until the program ends. */
const cJSON *schema_load(const char *path);

/* Ends the program with the text if it is not a JSON value that the schema allows, with these definitions ($defs). */
void schema_check(const cJSON *root, const cJSON *schema, const char *text);

/* Returns root's definition of that name, or NULL. */
const cJSON *schema_definition(const cJSON *root, const char *name);

#endif
