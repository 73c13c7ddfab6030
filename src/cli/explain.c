#include "cli/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/exports.h"
#include "app/hold.h"
#include "base/alloc.h"
#include "base/bits.h"
#include "base/buf.h"
#include "base/clock.h"

static enum explain_source explain_endpoint_source(const struct target *target, const struct endpoint *endpoint)
{
	int family = endpoint_family(endpoint->host);

	if (target->by_srv)
		return EXPLAIN_SRV;
	if (endpoint->address)
		return EXPLAIN_HOSTADDR;
	if (family == AF_UNIX)
		return EXPLAIN_UNIX_SOCKET;
	return family == AF_UNSPEC ? EXPLAIN_NAME : EXPLAIN_LITERAL;
}

struct explain_endpoint explain_endpoint(const struct target *target, const struct endpoint *endpoint)
{
	enum explain_source source = explain_endpoint_source(target, endpoint);
	bool by_name = source == EXPLAIN_NAME || source == EXPLAIN_SRV;

	return (struct explain_endpoint){
		.host = endpoint->host,
		.port = endpoint->port,
		.source = source,
		.address = by_name             ? NULL
			   : endpoint->address ? endpoint->address
					       : endpoint->host,
		.fallback = by_name ? endpoint->fallback : NULL,
	};
}

static const char *explain_password_source(const char *from)
{
	if (strcmp(from, "url") == 0)
		return "the URL";
	if (strcmp(from, "file") == 0)
		return "a password file";
	return strcmp(from, "link") == 0 ? "a Docker link" : from;
}

char *explain_login(const struct target *target)
{
	const struct target_login *login = &target->login;
	struct buf out = {0};

	if (login->how == TARGET_NO_LOGIN)
		return NULL;
	buf_add_text(&out, login->how == TARGET_LOGIN ? "logs in" : "no password, so only a ping");
	if (login->user) {
		buf_add_text(&out, " as user ");
		buf_add_text(&out, login->user);
	}
	if (login->database) {
		buf_add_text(&out, " to database ");
		buf_add_text(&out, login->database);
	}
	if (login->password_from) {
		buf_add_text(&out, ", password from ");
		buf_add_text(&out, explain_password_source(login->password_from));
	}
	return buf_detach(&out);
}

bool explain_held(const struct config *config, size_t index, struct explain_held *held)
{
	struct error ignored = {0}; /* hold_settle has found none */
	int any = config->hold.on ? hold_choose_port(config, index, &held->port, &ignored) : -1;

	held->or_free = any > 0 && held->port;
	return any >= 0;
}

/* Returns the source of a row's value: "--timeout", "WAITFOR_TIMEOUT", the file's name or "default". The caller's. */
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

/* Returns the row's choice number index; NULL if there is none. The caller's. */
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

/* Returns the text of clock_format if it is exact, else seconds with all digits: "61.5s". The caller's. */
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

static char *explain_list(const struct options_row *row, const struct options_list *list)
{
	struct buf out = {0};

	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(&out, i ? ", " : "");
		if (row->hides_text) {
			buf_add(&out, list->items[i], strcspn(list->items[i], "="));
			buf_add_text(&out, "=***");
			continue;
		}
		buf_add_text(&out, row->secret ? "***" : list->items[i]);
	}
	return list->count ? buf_detach(&out) : NULL;
}

/* Returns the value of the field as a user would write it; NULL if it has none. The caller's. */
static char *explain_value(const struct options_row *row, const void *field)
{
	if (row->secret)
		return alloc_text("***");
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
		return explain_list(row, field);
	case OPTIONS_NO_FIELD:
		break;
	}
	return NULL;
}

static bool explain_takes(const struct options_row *row, const struct target *target)
{
	if (target)
		return row->per_target;
	return options_takes(row, OPTIONS_ENV) && row->type != OPTIONS_NO_FIELD;
}

/* Returns the row's field: in the target's settings, or in config if target is NULL. offset is the row's. */
static const void *explain_field(const struct config *config, const struct target *target, size_t offset)
{
	if (target)
		return (const char *)&target->settings + (offset - offsetof(struct config, settings));
	return (const char *)config + offset;
}

static const char *explain_text(const struct config *config, size_t offset)
{
	return offset ? *(const char *const *)explain_field(config, NULL, offset) : NULL;
}

/* Appends the names that a flag leaves out: "true,-web". Or the text that turned it on stands in its place. */
static void explain_add_names(char **value, const struct config *config, const struct options_row *row)
{
	const char *names = explain_text(config, row->names_offset), *text = explain_text(config, row->text_offset);
	char *longer = names ? alloc_format("%s,%s", *value, names) : alloc_text(text);

	if (!longer)
		return;
	free(*value);
	*value = longer;
}

bool explain_setting(struct explain_setting *setting, const struct config *config, const struct target *target,
		     size_t row)
{
	const struct options_row *option = &config_options.rows[row];
	const void *field;

	if (!explain_takes(option, target))
		return false;
	field = explain_field(config, target, option->offset);
	setting->key = option->key;
	setting->value = explain_value(option, field);
	setting->no_limit = option->type == OPTIONS_DURATION && *(const int64_t *)field == 0;
	explain_add_names(&setting->value, config, option);
	setting->own = target && bits_has(&target->own_settings, row);
	setting->is_default = !setting->own && config->sources[row] == OPTIONS_DEFAULT;
	setting->source = setting->own ? alloc_text(target->origin) : explain_whose(config, row, config->sources[row]);
	return true;
}

void explain_release_setting(struct explain_setting *setting)
{
	free(setting->value);
	free(setting->source);
	*setting = (struct explain_setting){0};
}

/* Would the variable be set? Not a port that a Unix socket does not have, and not one that is kept. */
static bool explain_exports(const struct target *target, enum target_variable variable)
{
	return !target->kept[variable] &&
	       (variable != TARGET_PORT || target->endpoints[0].port || target->is_elsewhere);
}

char *explain_export(const struct config *config, size_t target, size_t index)
{
	const struct target *found = &config->plan.targets[target];

	for (int i = 0; i < TARGET_VARIABLES && exports_may_set(&config->plan, target); i++)
		if (explain_exports(found, (enum target_variable)i) && index-- == 0)
			return exports_variable(found, (enum target_variable)i);
	return NULL;
}

const char *explain_wanted(const struct config *config, size_t group)
{
	return config->plan.groups[group].any ? "any" : "all";
}

char *explain_print_env(const struct config *config)
{
	for (size_t i = 0; i < config_options.count; i++)
		if (strcmp(config_options.rows[i].key, "print-env") == 0)
			return explain_value(&config_options.rows[i],
					     explain_field(config, NULL, config_options.rows[i].offset));
	return NULL;
}
