/*
 * Configuration files. The input is lines with variables, an empty line, and the file. What is accepted is JSON that
 * cJSON reads in the same way, twice the same plan, and a plan that docs/explain.schema.json allows. An error is one
 * line.
 * Covers: src/settings src/options
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/compose.h"
#include "attempt/probe.h"
#include "base/alloc.h"
#include "cli/explain.h"
#include "schema.h"
#include "settings/load.h"

/* Strict JSON is JSON. */
static void check_json(const struct fuzz *file)
{
	char *copy = alloc_zero(file->left + 1, 1);
	struct jsontext text;
	struct error err = {0};

	memcpy(copy, file->at, file->left);
	if (jsontext_parse(&text, "x.json", copy, file->left, &err)) {
		fuzz_check(strncmp(err.text, "x.json:", 7) == 0 && !strchr(err.text, '\n'), err.text);
		return;
	}
	fuzz_check(text.root != NULL, NULL);
	for (const cJSON *item = text.root; item; item = item->child) {
		char *where = jsontext_where(&text, item);

		fuzz_check(strncmp(where, "x.json:", 7) == 0, where);
		free(where);
	}
	jsontext_release(&text);
}

/* Returns the plan as JSON; NULL with err. */
static char *explain(const struct fuzz *file, const struct env *env, struct error *err)
{
	const struct explain_command command = {0};
	const char *path = fuzz_file(file->at, file->left);
	char program[] = "waitfor", *argv[] = {program, (char *)"-f", (char *)path, NULL}, *plan = NULL;
	struct config config;
	struct log log;

	fuzz_log_open(&log);
	if (load_settings(&config, 3, argv, env, err) == 0 && config.action == CONFIG_WAIT &&
	    load_targets(&config, env, &log, err) == 0 && config.plan.target_count) {
		if (probe_bind(config.plan.targets, config.plan.target_count, env, &log, err) == 0 &&
		    exports_assign(&config.plan, env, true, &log, err) == 0 &&
		    compose_check(&config.exports, &config.plan, config.run_anyway, env, err) == 0) {
			free(explain_table(&config, &command));
			plan = explain_json(&config, &command);
		}
		probe_unbind(config.plan.targets, config.plan.target_count);
	}
	config_release(&config);
	return plan;
}

void fuzz_one(struct fuzz *in)
{
	char *lines[FUZZ_LINES + 1], *plan, *again;
	struct error err = {0}, other = {0};
	struct env env;

	fuzz_lines(in, lines);
	env_copy(&env, lines);
	check_json(in);
	plan = explain(in, &env, &err);
	again = explain(in, &env, &other);
	fuzz_check(strcmp(err.text, other.text) == 0, other.text);
	fuzz_check(!plan == !again, err.text);
	if (plan) {
		const cJSON *schema = schema_load("docs/explain.schema.json");

		fuzz_check(strcmp(plan, again) == 0, again);
		schema_check(schema, schema, plan);
	}
	free(plan);
	free(again);
	env_release(&env);
	fuzz_free_lines(lines);
}
