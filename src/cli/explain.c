#include "cli/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/exports.h"
#include "base/alloc.h"
#include "base/bits.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "target/scheme.h"

/* Where the address of one endpoint would come from: the words of the plan. */
static const char *explain_address_from(const struct endpoint *endpoint)
{
	if (endpoint->address)
		return "hostaddr";
	if (target_host_family(endpoint->host) == AF_UNIX)
		return "unix-socket";
	return target_host_family(endpoint->host) == AF_UNSPEC ? "name" : "literal";
}

static cJSON *explain_endpoint(const struct endpoint *endpoint)
{
	cJSON *object = alloc_check(cJSON_CreateObject());
	const char *from = explain_address_from(endpoint);
	bool by_name = strcmp(from, "name") == 0;

	json_add_exact(object, "host", endpoint->host);
	alloc_check(cJSON_AddNumberToObject(object, "port", endpoint->port));
	json_add_text(object, "address_from", from);
	json_add_exact(object, "address", by_name ? NULL : endpoint->address ? endpoint->address : endpoint->host);
	json_add_exact(object, "fallback", by_name ? endpoint->fallback : NULL);
	return object;
}

/* The variables that the target may set. */
static cJSON *explain_exports(const struct config *config, size_t index)
{
	static const char *const suffixes[] = {"HOST", "PORT", "ADDR"};
	cJSON *list = alloc_check(cJSON_CreateArray());

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && exports_may_speak(&config->plan, index); i++) {
		char *name = alloc_format("%s_%s", config->plan.targets[index].name, suffixes[i]);

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

/* The index-th choice; NULL for none. The caller's. */
static char *explain_choice(const struct options_row *row, int index)
{
	size_t len;
	const char *choice = index < 0 ? NULL : options_choice(row, index, &len);

	return choice ? alloc_slice(choice, len) : NULL;
}

static char *explain_flag(const struct options_row *row, int value)
{
	if (row->choices && value >= OPTIONS_FIRST_CHOICE)
		return explain_choice(row, value - OPTIONS_FIRST_CHOICE);
	return alloc_text(value == row->value ? "true" : "false");
}

/* clock_format's words where they are exact, else seconds with all their digits: "61.5s". The caller's. */
static char *explain_duration(int64_t duration)
{
	struct error ignored = {0};
	char text[48], *end;
	int64_t told;

	clock_format(duration, text, sizeof(text));
	if (clock_parse(text, &told, &ignored) == 0 && told == duration)
		return alloc_text(text);
	snprintf(text, sizeof(text), "%" PRId64 ".%06" PRId64, duration / CLOCK_S, duration % CLOCK_S);
	end = text + strlen(text);
	while (end[-1] == '0')
		end--;
	*end = '\0';
	return alloc_format("%ss", text);
}

static char *explain_list(const struct options_list *list)
{
	struct buf out = {0};

	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(&out, i ? ", " : "");
		buf_add_text(&out, list->items[i]);
	}
	return list->count ? buf_detach(&out) : NULL;
}

/* The value of a row as a user would write it; NULL where there is none. The caller's. */
static char *explain_value(const struct options_row *row, const struct config *config)
{
	const void *field = (const char *)config + row->offset;

	switch (row->type) {
	case OPTIONS_FLAG:
		return explain_flag(row, *(const int *)field);
	case OPTIONS_WORD:
		return explain_choice(row, *(const int *)field - row->value);
	case OPTIONS_COUNT:
		return *(const int *)field < row->value ? NULL : alloc_format("%d", *(const int *)field);
	case OPTIONS_DURATION:
		return explain_duration(*(const int64_t *)field);
	case OPTIONS_TEXT:
		return alloc_text(*(const char *const *)field);
	case OPTIONS_LIST:
		return explain_list(field);
	case OPTIONS_OUTSIDE:
		break;
	}
	return NULL;
}

static void explain_add_setting(cJSON *settings, const struct config *config, size_t row, const char *whose)
{
	char *value = explain_value(&config_options.rows[row], config);
	cJSON *setting = alloc_check(cJSON_AddObjectToObject(settings, config_options.rows[row].key));

	json_add_exact(setting, "value", value);
	json_add_exact(setting, "source", whose);
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
		bool its_own = bits_has(&target->own_settings, i);
		char *whose;

		if (!config_options.rows[i].per_target)
			continue;
		whose = its_own ? alloc_text(target->origin) : explain_whose(config, i, config->sources[i]);
		explain_add_setting(settings, &own, i, whose);
		free(whose);
	}
	return settings;
}

static cJSON *explain_target(const struct config *config, size_t index)
{
	const struct target *target = &config->plan.targets[index];
	cJSON *object = alloc_check(cJSON_CreateObject()), *endpoints;

	json_add_exact(object, "target", target->text);
	json_add_exact(object, "origin", target->origin);
	json_add_text(object, "name", target->name);
	json_add_text(object, "kind", target->scheme->name);
	json_add_text(object, "ready_when", target->scheme->summary);
	alloc_check(cJSON_AddNumberToObject(object, "group", (double)target->group));
	endpoints = alloc_check(cJSON_AddArrayToObject(object, "endpoints"));
	for (size_t i = 0; i < target->endpoint_count; i++)
		cJSON_AddItemToArray(endpoints, explain_endpoint(&target->endpoints[i]));
	cJSON_AddItemToObject(object, "exports", explain_exports(config, index));
	cJSON_AddItemToObject(object, "settings", explain_target_settings(config, target));
	return object;
}

static cJSON *explain_group(const struct config *config, size_t index)
{
	cJSON *object = alloc_check(cJSON_CreateObject());

	json_add_text(object, "wanted", config->plan.groups[index].any ? "any" : "all");
	if (index)
		alloc_check(cJSON_AddNumberToObject(object, "member_of", (double)config->plan.groups[index].parent));
	else
		json_add_text(object, "member_of", NULL);
	return object;
}

/* The word after --print-env; NULL where it was not given. The caller's. */
static char *explain_print_env(const struct config *config)
{
	for (size_t i = 0; i < config_options.count; i++)
		if (strcmp(config_options.rows[i].key, "print-env") == 0)
			return explain_value(&config_options.rows[i], config);
	return NULL;
}

cJSON *explain_plan(const struct config *config, const char *path)
{
	cJSON *plan = alloc_check(cJSON_CreateObject()), *list;
	char *form = explain_print_env(config);

	alloc_check(cJSON_AddNumberToObject(plan, "version", EXPLAIN_VERSION));
	list = alloc_check(cJSON_AddArrayToObject(plan, "targets"));
	for (size_t i = 0; i < config->plan.target_count; i++)
		cJSON_AddItemToArray(list, explain_target(config, i));
	list = alloc_check(cJSON_AddArrayToObject(plan, "groups"));
	for (size_t i = 0; i < config->plan.group_count; i++)
		cJSON_AddItemToArray(list, explain_group(config, i));
	cJSON_AddItemToObject(plan, "settings", explain_settings(config));
	json_add_exact(plan, "command", path);
	json_add_text(plan, "print_env", form);
	free(form);
	return plan;
}

char *explain_json(const cJSON *plan)
{
	char *text = alloc_check(cJSON_Print(plan)), *lines = alloc_format("%s\n", text);

	free(text);
	return lines;
}
