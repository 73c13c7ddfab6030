/* The plan of --explain for programs, as JSON: docs/explain.schema.json. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/explain.h"
#include "target/scheme.h"

static void explain_json_add_number(cJSON *object, const char *key, double number)
{
	alloc_check(cJSON_AddNumberToObject(object, key, number));
}

static cJSON *explain_json_endpoint(const struct target *target, const struct endpoint *endpoint)
{
	static const char *const sources[] = {
		[EXPLAIN_NAME] = "name",
		[EXPLAIN_SRV] = "srv",
		[EXPLAIN_HOSTADDR] = "hostaddr",
		[EXPLAIN_LITERAL] = "literal",
		[EXPLAIN_UNIX_SOCKET] = "unix-socket",
	};
	struct explain_endpoint row = explain_endpoint(target, endpoint);
	cJSON *object = alloc_check(cJSON_CreateObject());

	json_add_exact(object, "host", row.host);
	explain_json_add_number(object, "port", row.port);
	json_add_text(object, "address_from", sources[row.source]);
	json_add_exact(object, "address", row.address);
	json_add_exact(object, "fallback", row.fallback);
	return object;
}

static void explain_json_add_endpoints(cJSON *object, const struct target *target)
{
	cJSON *list = alloc_check(cJSON_AddArrayToObject(object, "endpoints"));

	for (size_t i = 0; i < target->endpoint_count; i++)
		cJSON_AddItemToArray(list, explain_json_endpoint(target, &target->endpoints[i]));
}

/* Adds how the probe introduces itself; null for a protocol without users. */
static void explain_json_add_login(cJSON *object, const struct target *target)
{
	const struct target_login *login = &target->login;
	cJSON *item;

	if (login->how == TARGET_NO_LOGIN) {
		json_add_text(object, "login", NULL);
		return;
	}
	item = alloc_check(cJSON_AddObjectToObject(object, "login"));
	json_add_text(item, "how", login->how == TARGET_LOGIN ? "login" : "ping");
	json_add_exact(item, "user", login->user);
	json_add_exact(item, "database", login->database);
	json_add_exact(item, "password_from", login->password_from);
}

static void explain_json_add_exports(cJSON *object, const struct config *config, size_t index)
{
	cJSON *list = alloc_check(cJSON_AddArrayToObject(object, "exports"));
	char *name;

	for (size_t i = 0; (name = explain_export(config, index, i)); i++) {
		cJSON_AddItemToArray(list, alloc_check(cJSON_CreateString(name)));
		free(name);
	}
}

static void explain_json_add_held(cJSON *object, const struct config *config, size_t index)
{
	struct explain_held held;
	cJSON *item;

	if (!explain_held(config, index, &held)) {
		json_add_text(object, "held", NULL);
		return;
	}
	item = alloc_check(cJSON_AddObjectToObject(object, "held"));
	explain_json_add_number(item, "port", held.port);
	alloc_check(cJSON_AddBoolToObject(item, "or_free", held.or_free));
}

/* Adds the settings of the target, or of the wait if target is NULL. */
static void explain_json_add_settings(cJSON *object, const struct config *config, const struct target *target)
{
	cJSON *settings = alloc_check(cJSON_AddObjectToObject(object, "settings"));
	struct explain_setting row;

	for (size_t i = 0; i < config_options.count; i++) {
		cJSON *setting;

		if (!explain_setting(&row, config, target, i))
			continue;
		setting = alloc_check(cJSON_AddObjectToObject(settings, row.key));
		json_add_exact(setting, "value", row.value);
		json_add_exact(setting, "source", row.source);
		explain_release_setting(&row);
	}
}

static cJSON *explain_json_target(const struct config *config, size_t index)
{
	const struct target *target = &config->plan.targets[index];
	cJSON *object = alloc_check(cJSON_CreateObject());

	json_add_exact(object, "target", target->text);
	json_add_exact(object, "origin", target->origin);
	json_add_text(object, "name", target->name);
	json_add_text(object, "kind", target->scheme->name);
	json_add_text(object, "ready_when", target->lock ? "this process holds the lock" : target->scheme->summary);
	explain_json_add_number(object, "group", (double)target->group);
	explain_json_add_endpoints(object, target);
	explain_json_add_login(object, target);
	explain_json_add_exports(object, config, index);
	explain_json_add_held(object, config, index);
	explain_json_add_settings(object, config, target);
	return object;
}

/* Group 0 is the whole plan, so it is a member of no group. */
static cJSON *explain_json_group(const struct config *config, size_t index)
{
	cJSON *object = alloc_check(cJSON_CreateObject());

	json_add_text(object, "wanted", explain_wanted(config, index));
	if (index)
		explain_json_add_number(object, "member_of", (double)config->plan.groups[index].parent);
	else
		json_add_text(object, "member_of", NULL);
	return object;
}

static cJSON *explain_json_plan(const struct config *config, const struct explain_command *command)
{
	cJSON *plan = alloc_check(cJSON_CreateObject()), *list;
	char *form = explain_print_env(config);

	explain_json_add_number(plan, "version", EXPLAIN_VERSION);
	list = alloc_check(cJSON_AddArrayToObject(plan, "targets"));
	for (size_t i = 0; i < config->plan.target_count; i++)
		cJSON_AddItemToArray(list, explain_json_target(config, i));
	list = alloc_check(cJSON_AddArrayToObject(plan, "groups"));
	for (size_t i = 0; i < config->plan.group_count; i++)
		cJSON_AddItemToArray(list, explain_json_group(config, i));
	explain_json_add_settings(plan, config, NULL);
	json_add_exact(plan, "command", command->path);
	json_add_exact(plan, "command_problem", command->problem);
	json_add_text(plan, "print_env", form);
	free(form);
	return plan;
}

char *explain_json(const struct config *config, const struct explain_command *command)
{
	cJSON *plan = explain_json_plan(config, command);
	char *text = alloc_check(cJSON_Print(plan)), *lines = alloc_format("%s\n", text);

	free(text);
	cJSON_Delete(plan);
	return lines;
}
