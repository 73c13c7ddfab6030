#include "explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alloc.h"
#include "buf.h"
#include "clock.h"
#include "json.h"
#include "probe.h"

enum { EXPLAIN_VERSION = 1 };

/* Where the address of one endpoint would come from. The caller's. */
static char *explain_source_of(const struct endpoint *endpoint)
{
	if (endpoint->address)
		return alloc_format("hostaddr %s", endpoint->address);
	if (target_host_family(endpoint->host) == AF_UNIX)
		return alloc_text("a Unix socket");
	if (target_host_family(endpoint->host) != AF_UNSPEC)
		return alloc_text("the target itself");
	if (endpoint->fallback)
		return alloc_format("DNS and /etc/hosts, else %s of a variable", endpoint->fallback);
	return alloc_text("DNS and /etc/hosts");
}

static cJSON *explain_endpoint(const struct endpoint *endpoint)
{
	cJSON *object = alloc_check(cJSON_CreateObject());
	char *source = explain_source_of(endpoint);

	json_add_text(object, "host", endpoint->host);
	alloc_check(cJSON_AddNumberToObject(object, "port", endpoint->port));
	json_add_text(object, "address_from", source);
	free(source);
	return object;
}

/* The variables that the target would set; of alternatives under one name, whichever is ready. */
static cJSON *explain_exports(const struct config *config, const struct target *target)
{
	static const char *const suffixes[] = {"HOST", "PORT", "ADDR"};
	cJSON *list = alloc_check(cJSON_CreateArray());
	bool speaks = target->name && !config->no_export &&
		      (target->exports || (target->named && config->groups[target->group].any));

	for (size_t i = 0; i < 3 && speaks; i++) {
		char *name = alloc_format("%s_%s", target->name, suffixes[i]);

		cJSON_AddItemToArray(list, alloc_check(cJSON_CreateString(name)));
		free(name);
	}
	return list;
}

/* What of config says whose word a value is: "--timeout", "WAITFOR_TIMEOUT", the file's name, "default". The caller's. */
static char *explain_whose(const struct config *config, size_t row, enum options_source source)
{
	switch (source) {
	case OPTIONS_FILE:
		return alloc_text(config->file.name);
	case OPTIONS_ENV:
		return options_env_name(&config_options.rows[row]);
	case OPTIONS_ARGV:
		return alloc_format("--%s", config_options.rows[row].key);
	case OPTIONS_DEFAULT:
		break;
	}
	return alloc_text("default");
}

static char *explain_choice(const struct options_row *row, int index)
{
	size_t len;
	const char *choice = options_choice(row, index, &len);

	return choice ? alloc_slice(choice, len) : alloc_text("");
}

static char *explain_list(const struct options_list *list)
{
	struct buf out = {0};

	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(&out, i ? ", " : "");
		buf_add_text(&out, list->items[i]);
	}
	return buf_detach(&out);
}

/* The value of a row as a user would write it; "" where there is none. The caller's. */
static char *explain_value(const struct options_row *row, const struct config *config)
{
	const void *field = (const char *)config + row->offset;
	int number = 0;
	char time[32];

	if (row->type == OPTIONS_FLAG || row->type == OPTIONS_WORD || row->type == OPTIONS_COUNT)
		number = *(const int *)field;
	switch (row->type) {
	case OPTIONS_FLAG:
		if (row->choices && number > row->value)
			return explain_choice(row, number - 2);
		return alloc_text(number == row->value ? "true" : "false");
	case OPTIONS_WORD:
		return explain_choice(row, number - row->value);
	case OPTIONS_COUNT:
		return number < row->value ? alloc_text("") : alloc_format("%d", number);
	case OPTIONS_DURATION:
		return alloc_text(clock_format(*(const int64_t *)field, time, sizeof(time)));
	case OPTIONS_TEXT:
		return alloc_text(*(const char *const *)field ? *(const char *const *)field : "");
	case OPTIONS_LIST:
		return explain_list(field);
	case OPTIONS_OUTSIDE:
		break;
	}
	return alloc_text("");
}

static void explain_add_setting(cJSON *settings, const struct config *config, size_t row, const char *whose)
{
	char *value = explain_value(&config_options.rows[row], config);
	cJSON *setting = alloc_check(cJSON_AddObjectToObject(settings, config_options.rows[row].key));

	json_add_text(setting, "value", value);
	json_add_text(setting, "source", whose);
	free(value);
}

/* Every setting of the wait that may be said in more than one place. */
static cJSON *explain_settings(const struct config *config)
{
	cJSON *settings = alloc_check(cJSON_CreateObject());

	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];
		char *whose;

		if (!options_takes(row, OPTIONS_ENV) || row->type == OPTIONS_OUTSIDE)
			continue;
		whose = explain_whose(config, i, config->sources[i]);
		explain_add_setting(settings, config, i, whose);
		free(whose);
	}
	return settings;
}

/* Every setting that a target may have, with its own value. */
static cJSON *explain_target_settings(const struct config *config, const struct target *target)
{
	cJSON *settings = alloc_check(cJSON_CreateObject());
	struct config own = *config;

	own.settings = target->settings;
	for (size_t i = 0; i < config_options.count; i++) {
		bool its_own = target->own_settings >> i & 1;
		char *whose;

		if (!config_options.rows[i].per_target)
			continue;
		whose = its_own ? alloc_text(target->origin) : explain_whose(config, i, config->sources[i]);
		explain_add_setting(settings, &own, i, whose);
		free(whose);
	}
	return settings;
}

static cJSON *explain_target(const struct config *config, const struct target *target)
{
	cJSON *object = alloc_check(cJSON_CreateObject()), *endpoints;

	json_add_text(object, "target", target->text);
	json_add_text(object, "name", target->name);
	json_add_text(object, "kind", target->type->name);
	json_add_text(object, "ready_when", target->type->summary);
	alloc_check(cJSON_AddNumberToObject(object, "group", (double)target->group));
	endpoints = alloc_check(cJSON_AddArrayToObject(object, "endpoints"));
	for (size_t i = 0; i < target->endpoint_count; i++)
		cJSON_AddItemToArray(endpoints, explain_endpoint(&target->endpoints[i]));
	cJSON_AddItemToObject(object, "exports", explain_exports(config, target));
	cJSON_AddItemToObject(object, "settings", explain_target_settings(config, target));
	return object;
}

static cJSON *explain_group(const struct config *config, size_t index)
{
	cJSON *object = alloc_check(cJSON_CreateObject());

	json_add_text(object, "wanted", config->groups[index].any ? "any" : "all");
	if (index)
		alloc_check(cJSON_AddNumberToObject(object, "member_of", (double)config->groups[index].parent));
	else
		json_add_text(object, "member_of", NULL);
	return object;
}

cJSON *explain_plan(const struct config *config, const char *path)
{
	cJSON *plan = alloc_check(cJSON_CreateObject()), *list;

	alloc_check(cJSON_AddNumberToObject(plan, "version", EXPLAIN_VERSION));
	list = alloc_check(cJSON_AddArrayToObject(plan, "targets"));
	for (size_t i = 0; i < config->target_count; i++)
		cJSON_AddItemToArray(list, explain_target(config, &config->targets[i]));
	list = alloc_check(cJSON_AddArrayToObject(plan, "groups"));
	for (size_t i = 0; i < config->group_count; i++)
		cJSON_AddItemToArray(list, explain_group(config, i));
	cJSON_AddItemToObject(plan, "settings", explain_settings(config));
	json_add_text(plan, "command", path);
	return plan;
}

char *explain_json(const cJSON *plan)
{
	char *text = alloc_check(cJSON_Print(plan)), *lines = alloc_format("%s\n", text);

	free(text);
	return lines;
}
