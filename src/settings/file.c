#include "settings/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bits.h"
#include "base/buf.h"
#include "options/json.h"
#include "settings/targets.h"
#include "settings/url.h"
#include "system/input.h"

/*
 * The maximum size of a file, enough for thousands of targets. There is a limit because parsing may take a hundred
 * times the file's size in memory before an error is found.
 */
enum { CONFIG_FILE_MAX = 1 << 20 };

/* The defaults for the targets in one list of the file: those of a group, or of the whole file. */
struct settings_file_scope {
	struct config settings; /* only its settings and sources are used */
	struct bits own;        /* the rows that the target or an outer group has set */
	const char *name;       /* the value of "name"; NULL: none */
	size_t group;           /* index in plan.groups */
};

static int settings_file_list(struct config *config, const cJSON *list, const struct settings_file_scope *scope,
			      const struct env *env, struct error *err);

int settings_file_read(struct config *config, struct error *err)
{
	const char *name = strcmp(config->path, "-") == 0 ? "standard input" : config->path;
	char *text;
	size_t len;

	if (input_read(config->path, CONFIG_FILE_MAX, &text, &len, err) ||
	    jsontext_parse(&config->file, name, text, len, err))
		return -1;
	if (!cJSON_IsObject(config->file.root))
		return jsontext_error(&config->file, config->file.root, false, err,
				      "a configuration must be an object; write {\"targets\": [\"db:5432\"]}");
	return 0;
}

int settings_file_settings(struct config *config, struct error *err)
{
	static const char *const others[] = {"targets", NULL};
	const struct options_values values = {config, config->sources};

	return options_json_load(&config_options, &config->file, config->file.root, false, others, &values, err);
}

static const cJSON *settings_file_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

bool settings_file_has_targets(const struct config *config)
{
	return cJSON_GetArraySize(settings_file_get(config->file.root, "targets")) > 0;
}

/*
 * Returns the string of item; NULL and an error if it is not a string or is empty. `what` names the item in the
 * error.
 */
static const char *settings_file_string(const struct config *config, const cJSON *item, const char *what,
					struct error *err)
{
	if (!cJSON_IsString(item) || !item->valuestring[0]) {
		jsontext_error(&config->file, item, false, err, "%s must be a string that is not empty", what);
		return NULL;
	}
	return item->valuestring;
}

/* Is the target written as NAME=...? A name ends at the same characters as in target_parse. */
static bool settings_file_is_named(const char *text)
{
	return text[strcspn(text, "=:/?[@")] == '=';
}

/* Returns text with the name of its entry and the parameters of "options", which may be NULL; NULL on failure. */
static char *settings_file_complete(const struct config *config, const char *text, const cJSON *options,
				    const char *name, const struct env *env, struct error *err)
{
	struct buf full = {0};

	if (name && !settings_file_is_named(text)) {
		buf_add_text(&full, name);
		buf_add_text(&full, "=");
	}
	buf_add_text(&full, text);
	if (!options || !url_add_options(&config->file, &full, options, env, err))
		return buf_detach(&full);
	buf_release(&full);
	return NULL;
}

/* Gives the targets from number `first` on what their entry, item, has. */
static void settings_file_describe(struct config *config, size_t first, const cJSON *item,
				   const struct settings_file_scope *scope)
{
	for (; first < config->plan.target_count; first++) {
		struct target *target = &config->plan.targets[first];

		target->settings = scope->settings.settings;
		target->own_settings = scope->own;
		target->group = scope->group;
		target->origin = jsontext_where(&config->file, item);
	}
}

/* Adds the target, or the targets, whose text is item. options is the value of "options", or NULL. */
static int settings_file_add(struct config *config, const cJSON *item, const cJSON *options,
			     const struct settings_file_scope *scope, const struct env *env, struct error *err)
{
	const char *text = settings_file_string(config, item, item->string ? "\"target\"" : "a target", err);
	char *expanded = text ? url_expand(&config->file, item, text, env, err) : NULL;
	char *full = expanded ? settings_file_complete(config, expanded, options, scope->name, env, err) : NULL;
	size_t first = config->plan.target_count;
	struct error inner = {0};
	int failed = full ? targets_add_expanded(config, full, env, &inner) : -1;

	if (failed && inner.set)
		jsontext_error(&config->file, item, false, err, "%s", inner.text);
	settings_file_describe(config, first, item, scope);
	free(full);
	free(expanded);
	return failed;
}

/* Adds a group, {"any": [...], ...} or {"all": [...], ...}; list is the array. */
static int settings_file_group(struct config *config, const cJSON *list, struct settings_file_scope *scope,
			       const struct env *env, struct error *err)
{
	scope->group = plan_add_group(&config->plan, scope->group, strcmp(list->string, "any") == 0);
	if (cJSON_IsArray(list) && !list->child)
		return jsontext_error(&config->file, list, false, err, "\"%s\" has no targets", list->string);
	return settings_file_list(config, list, scope, env, err);
}

/* Returns the member "target", "any" or "all"; NULL and an error if the object has none of them, or more than one. */
static const cJSON *settings_file_kind(const struct config *config, const cJSON *object, struct error *err)
{
	static const char *const kinds[] = {"target", "any", "all"};
	const cJSON *found = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const cJSON *item = settings_file_get(object, kinds[i]);

		if (item && found) {
			jsontext_error(&config->file, item, true, err,
				       "\"%s\" and \"%s\" cannot be used together; leave out one", found->string,
				       item->string);
			return NULL;
		}
		found = item ? item : found;
	}
	if (!found)
		jsontext_error(
			&config->file, object, false, err,
			"this is neither a target nor a group; write {\"target\": \"db:5432\"}, {\"any\": [...]} or "
			"{\"all\": [...]}");
	return found;
}

/* config_check; the error gets the place of `blamed`, the item with the wrong setting, or none if blamed is NULL. */
static int settings_file_check(const struct config *config, const struct target_settings *settings, const cJSON *blamed,
			       struct error *err)
{
	struct error inner = {0};

	if (!config_check(config, settings, &inner))
		return 0;
	return blamed ? jsontext_error(&config->file, blamed, true, err, "%s", inner.text)
		      : errors_set(err, "%s", inner.text);
}

/* Returns the file's item for a setting of the whole wait; NULL if its value is from another source. */
static const cJSON *settings_file_source(const struct config *config, const char *key)
{
	return config_source(config, key) == OPTIONS_FILE ? settings_file_get(config->file.root, key) : NULL;
}

/* Returns the file's item that is to blame if config_check fails; NULL if the file is not to blame. */
static const cJSON *settings_file_blamed(const struct config *config)
{
	const cJSON *successes = settings_file_source(config, "successes");

	return successes ? successes : settings_file_source(config, "once");
}

int settings_file_check_settings(const struct config *config, struct error *err)
{
	return settings_file_check(config, &config->settings, settings_file_blamed(config), err);
}

/* Stores the object's own settings in scope. Values from environment and command line are not overruled. */
static int settings_file_own_settings(struct config *config, const cJSON *object, struct settings_file_scope *scope,
				      struct error *err)
{
	static const char *const of_target[] = {"target", "name", "options", NULL};
	static const char *const of_group[] = {"any", "all", "name", NULL};
	const struct config outer = scope->settings;
	const struct options_values own = {&scope->settings, scope->settings.sources};
	const struct options_values given = {(void *)&outer, (enum options_source *)outer.sources};

	memset(scope->settings.sources, 0, sizeof(scope->settings.sources));
	if (options_json_load(&config_options, &config->file, object, true,
			      settings_file_get(object, "target") ? of_target : of_group, &own, err))
		return -1;
	for (size_t i = 0; i < config_options.count; i++)
		if (scope->settings.sources[i] != OPTIONS_FILE || outer.sources[i] > OPTIONS_FILE)
			options_copy(&config_options, i, &given, &own);
		else
			bits_add(&scope->own, i);
	/* As in config_settle. */
	if (config->plan.once && config_source(config, "once") > OPTIONS_FILE)
		scope->settings.settings.successes = 1;
	return settings_file_check(config, &scope->settings.settings, settings_file_get(object, "successes"), err);
}

/* Returns the value of "name", the prefix of exported variables; NULL and an error if it cannot be one. */
static const char *settings_file_name(const struct config *config, const cJSON *item, struct error *err)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.0123456789";
	const char *name = settings_file_string(config, item, "\"name\"", err);

	if (!name || (!isdigit((unsigned char)name[0]) && name[strspn(name, plain)] == '\0'))
		return name;
	jsontext_error(
		&config->file, item, false, err,
		"\"name\" is the prefix of variables: letters, digits and '_', and no digit first; write \"DB\"");
	return NULL;
}

/* Adds {"target": "postgres://db/shop", "name": "DB", "options": {...}, ...}, or a group. */
static int settings_file_object(struct config *config, const cJSON *object, struct settings_file_scope scope,
				const struct env *env, struct error *err)
{
	const cJSON *kind = settings_file_kind(config, object, err), *name = settings_file_get(object, "name");

	if (!kind || settings_file_own_settings(config, object, &scope, err))
		return -1;
	if (name && !(scope.name = settings_file_name(config, name, err)))
		return -1;
	if (strcmp(kind->string, "target") != 0)
		return settings_file_group(config, kind, &scope, env, err);
	if (name && cJSON_IsString(kind) && settings_file_is_named(kind->valuestring))
		return jsontext_error(&config->file, kind, false, err,
				      "the target has two names; leave out \"name\" or the text up to the '='");
	return settings_file_add(config, kind, settings_file_get(object, "options"), &scope, env, err);
}

static int settings_file_list(struct config *config, const cJSON *list, const struct settings_file_scope *scope,
			      const struct env *env, struct error *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return jsontext_error(&config->file, list, false, err, "\"%s\" must be an array of targets",
				      list->string);
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsObject(item) ? settings_file_object(config, item, *scope, env, err)
					 : settings_file_add(config, item, NULL, scope, env, err))
			return -1;
	}
	return 0;
}

int settings_file_targets(struct config *config, const struct env *env, struct error *err)
{
	const cJSON *list = settings_file_get(config->file.root, "targets");
	struct settings_file_scope scope = {.settings = *config};

	return list ? settings_file_list(config, list, &scope, env, err) : 0;
}
