/* --explain: the plan of a wait, for people as a table and for programs as JSON. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <cjson/cJSON.h>

#include "settings/config.h"

/*
 * The version of the plan, which docs/explain.schema.json describes. It is raised when a member is removed or renamed,
 * gets another type or meaning, or may be null where it never was. Members, settings, kinds and other words may be
 * added without: a reader ignores what it does not know. The table is for people and may change at any time.
 */
enum { EXPLAIN_VERSION = 1 };

/*
 * The plan of a config whose targets are bound and whose exports are settled; path is that of the command, or NULL.
 * Both texts are made of it. It holds no secret. All results are the caller's.
 */
cJSON *explain_plan(const struct config *config, const char *path); /* to be freed with cJSON_Delete */
char *explain_json(const cJSON *plan);
char *explain_table(const cJSON *plan);

#endif
