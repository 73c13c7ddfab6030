#include "config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "config_targets.h"
#include "input.h"
#include "options_json.h"

enum { CONFIG_FILE_MAX = 16 << 20 };

/* What holds for the targets at one place of the file: those of a group begin with the group's. */
struct config_scope {
	struct config settings; /* only its settings and sources */
	uint32_t own;           /* rows that were set on the way here */
	const char *name;       /* of the exported variables; NULL: none given */
	size_t group;
};

static int config_file_list(struct config *config, const cJSON *list, const struct config_scope *scope,
			    const struct env *env, struct error *err);

int config_file_read(struct config *config, const struct process *process, struct error *err)
{
	const char *name = strcmp(config->path, "-") == 0 ? "standard input" : config->path;
	char *text;
	size_t len;

	if (input_read(config->path, process, CONFIG_FILE_MAX, &text, &len, err) ||
	    jsontext_parse(&config->file, name, text, len, err))
		return -1;
	if (!cJSON_IsObject(config->file.root))
		return jsontext_error(&config->file, config->file.root, false, err,
				      "a configuration is an object; write {\"targets\": [\"db:5432\"]}");
	return 0;
}

int config_file_settings(struct config *config, struct error *err)
{
	static const char *const others[] = {"targets", NULL};
	const struct options_values values = {config, config->sources};

	return options_load_json(&config_options, &config->file, config->file.root, false, others, &values, err);
}

static const cJSON *config_file_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

bool config_file_has_targets(const struct config *config)
{
	return cJSON_GetArraySize(config_file_get(config->file.root, "targets")) > 0;
}

/* A string that must be one; NULL with err for anything else. */
static const char *config_file_string(const struct config *config, const cJSON *item, const char *what,
				      struct error *err)
{
	if (!cJSON_IsString(item) || !item->valuestring[0]) {
		jsontext_error(&config->file, item, false, err, "%s must be a string, and not empty", what);
		return NULL;
	}
	return item->valuestring;
}

/* Is the target written as NAME=...? The same characters end a name as in target_parse. */
static bool config_file_is_named(const char *text)
{
	return text[strcspn(text, "=:/?[@")] == '=';
}

static int config_file_add(struct config *config, const cJSON *item, const char *text, const struct config_scope *scope,
			   const struct env *env, struct error *err)
{
	bool takes_name = scope->name && !config_file_is_named(text);
	char *full = takes_name ? alloc_format("%s=%s", scope->name, text) : alloc_text(text);
	char *where = jsontext_where(&config->file, item);
	struct target *target;
	int failed = config_add_target(config, full, env, err) || config_check(config, &scope->settings.settings, err);

	free(full);
	if (failed) {
		errors_prefix(err, "%s", where);
		free(where);
		return -1;
	}
	target = &config->targets[config->target_count - 1];
	target->settings = scope->settings.settings;
	target->own_settings = scope->own;
	target->group = scope->group;
	target->origin = where;
	return 0;
}

/* Percent-encoded (RFC 3986, 2.1 and 2.3), '$' too, so that it is expanded no second time. */
static void config_file_encode(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		char code[4];

		if (strchr(plain, *text)) {
			buf_add(out, text, 1);
			continue;
		}
		snprintf(code, sizeof(code), "%%%02X", (unsigned)(unsigned char)*text);
		buf_add_text(out, code);
	}
}

/* "verify-full", 5, ${VAR} expanded: the caller's. NULL with err. */
static char *config_file_option_value(const struct config *config, const cJSON *item, const struct env *env,
				      struct error *err)
{
	char *text, *expanded = NULL, *where;

	if (!cJSON_IsString(item) && !cJSON_IsNumber(item)) {
		jsontext_error(&config->file, item, false, err, "an option of a probe must be a string or a number");
		return NULL;
	}
	text = cJSON_IsString(item) ? alloc_text(item->valuestring) : alloc_format("%.15g", item->valuedouble);
	if (env_expand(env, text, &expanded, err)) {
		where = jsontext_where(&config->file, item);
		errors_prefix(err, "%s", where);
		free(where);
	}
	free(text);
	return expanded;
}

/* The probe's options as parameters of the target's URL. The caller's; NULL with err. */
static char *config_file_with_options(const struct config *config, const char *text, const cJSON *options,
				      const struct env *env, struct error *err)
{
	struct buf out = {0};
	bool has_query = strchr(text, '?') != NULL;
	const cJSON *item;

	if (!cJSON_IsObject(options) || !strstr(text, "://")) {
		jsontext_error(&config->file, options, true, err,
			       "\"options\" is an object of a URL's parameters; write {\"target\": "
			       "\"postgres://db/shop\", \"options\": {\"sslmode\": \"require\"}}");
		return NULL;
	}
	buf_add_text(&out, text);
	cJSON_ArrayForEach(item, options)
	{
		char *value = config_file_option_value(config, item, env, err);

		if (!value) {
			buf_release(&out);
			return NULL;
		}
		buf_add_text(&out, has_query ? "&" : "?");
		has_query = true;
		config_file_encode(&out, item->string);
		buf_add_text(&out, "=");
		config_file_encode(&out, value);
		free(value);
	}
	return buf_detach(&out);
}

/* {"target": "postgres://db/shop", "name": "DB", "options": {...}, ...} */
static int config_file_target(struct config *config, const cJSON *object, const struct config_scope *scope,
			      const struct env *env, struct error *err)
{
	const cJSON *item = config_file_get(object, "target"), *options = config_file_get(object, "options");
	const char *text = config_file_string(config, item, "\"target\"", err);
	char *full;
	int failed;

	if (!text)
		return -1;
	if (config_file_get(object, "name") && config_file_is_named(text))
		return jsontext_error(&config->file, item, false, err,
				      "the target is named twice; leave out \"name\" or what stands before the '='");
	if (!options)
		return config_file_add(config, item, text, scope, env, err);
	full = config_file_with_options(config, text, options, env, err);
	if (!full)
		return -1;
	failed = config_file_add(config, item, full, scope, env, err);
	free(full);
	return failed;
}

/* {"any": [...], ...} or {"all": [...], ...} */
static int config_file_group(struct config *config, const cJSON *list, struct config_scope *scope,
			     const struct env *env, struct error *err)
{
	scope->group = config_add_group(config, scope->group, strcmp(list->string, "any") == 0);
	if (cJSON_IsArray(list) && !list->child)
		return jsontext_error(&config->file, list, false, err, "\"%s\" has no targets", list->string);
	return config_file_list(config, list, scope, env, err);
}

/* Which of the three an object is. NULL with err when it is none, or several. */
static const cJSON *config_file_kind(const struct config *config, const cJSON *object, struct error *err)
{
	static const char *const kinds[] = {"target", "any", "all"};
	const cJSON *found = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const cJSON *item = config_file_get(object, kinds[i]);

		if (item && found) {
			jsontext_error(&config->file, item, true, err, "\"%s\" and \"%s\" exclude each other",
				       found->string, item->string);
			return NULL;
		}
		found = item ? item : found;
	}
	if (!found)
		jsontext_error(&config->file, object, false, err,
			       "neither a target nor a group; write {\"target\": \"db:5432\"}, {\"any\": [...]} or "
			       "{\"all\": [...]}");
	return found;
}

/* Its own settings over the scope's; what environment and command line gave stays. */
static int config_file_own_settings(struct config *config, const cJSON *object, struct config_scope *scope,
				    struct error *err)
{
	static const char *const of_target[] = {"target", "name", "options", NULL};
	static const char *const of_group[] = {"any", "all", "name", NULL};
	const struct config outer = scope->settings;
	const struct options_values own = {&scope->settings, scope->settings.sources};
	const struct options_values given = {(void *)&outer, (enum options_source *)outer.sources};

	memset(scope->settings.sources, 0, sizeof(scope->settings.sources));
	if (options_load_json(&config_options, &config->file, object, true,
			      config_file_get(object, "target") ? of_target : of_group, &own, err))
		return -1;
	for (size_t i = 0; i < config_options.count; i++)
		if (scope->settings.sources[i] != OPTIONS_FILE || outer.sources[i] > OPTIONS_FILE)
			options_copy(&config_options, i, &given, &own);
		else
			scope->own |= UINT32_C(1) << i;
	return 0;
}

static int config_file_object(struct config *config, const cJSON *object, struct config_scope scope,
			      const struct env *env, struct error *err)
{
	const cJSON *kind = config_file_kind(config, object, err), *name = config_file_get(object, "name");

	if (!kind || config_file_own_settings(config, object, &scope, err))
		return -1;
	if (name && !(scope.name = config_file_string(config, name, "\"name\"", err)))
		return -1;
	if (strcmp(kind->string, "target") == 0)
		return config_file_target(config, object, &scope, env, err);
	return config_file_group(config, kind, &scope, env, err);
}

static int config_file_list(struct config *config, const cJSON *list, const struct config_scope *scope,
			    const struct env *env, struct error *err)
{
	const cJSON *item;
	int failed = 0;

	if (!cJSON_IsArray(list))
		return jsontext_error(&config->file, list, false, err, "\"%s\" must be an array of targets",
				      list->string);
	cJSON_ArrayForEach(item, list)
	{
		const char *text = NULL;

		if (cJSON_IsObject(item))
			failed = config_file_object(config, item, *scope, env, err);
		else if ((text = config_file_string(config, item, "a target", err)))
			failed = config_file_add(config, item, text, scope, env, err);
		if (failed || (!text && !cJSON_IsObject(item)))
			return -1;
	}
	return 0;
}

int config_file_targets(struct config *config, const struct env *env, struct error *err)
{
	const cJSON *list = config_file_get(config->file.root, "targets");
	struct config_scope scope = {.settings = *config};

	return list ? config_file_list(config, list, &scope, env, err) : 0;
}
