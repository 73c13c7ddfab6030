#include "unit.h"

#include <ares.h>
#include <cjson/cJSON.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/about.h"
#include "settings/config.h"
#include "target/scheme.h"

/* Returns the line of text that contains part; NULL if there is none. The caller's. */
static char *line_with(const char *text, const char *part)
{
	const char *found = strstr(text, part), *start = found;

	if (!found)
		return NULL;
	while (start > text && start[-1] != '\n')
		start--;
	return alloc_slice(start, strcspn(start, "\n"));
}

static void test_help_tells_every_option(void **state)
{
	char *help = about_help_all(),
	     *list = strstr(help, "\nOptions:\n"); /* skips the examples above, which also contain options */

	(void)state;
	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];
		const char *optional = row->text_offset ? row->arg : row->arg ? NULL : row->choices;
		char *key = optional ? alloc_format(" --%s[=%s]", row->key, optional)
				     : alloc_format(" --%s%s", row->key, row->arg ? " " : "");
		char *line = line_with(list, key);
		char letter[] = {'-', row->letter, ',', '\0'};

		if (row->where == OPTIONS_ENV_ONLY) {
			char *name = options_env_name(row);

			check(row->key, line == NULL);
			check_has(row->key, help, name);
			free(name);
		} else {
			check_has(row->key, line, row->help);
			if (row->letter)
				check_has(row->key, line, letter);
			if (row->arg)
				check_has(row->key, line, row->arg);
			if (row->choices)
				check_has(row->key, line, row->choices);
			if (row->initial)
				check_has(row->key, line, row->initial);
		}
		free(line);
		free(key);
	}
	free(help);
}

static void test_help_tells_every_probe_and_exit_code(void **state)
{
	static const char *const codes[] = {"0 ", "1 ", "124 ", "125 ", "126 ", "127 ", "128+n"};
	char *help = about_help_all(), *exit_codes = strstr(help, "Exit codes");
	const struct scheme *scheme;

	(void)state;
	for (size_t i = 0; (scheme = scheme_at(i)); i++) {
		char *line = line_with(help, scheme->example);

		check_has(scheme->name, line, scheme->summary);
		free(line);
	}
	/* FACTS 40 and the list. */
	for (size_t i = 0; i < COUNT(codes); i++)
		check_has("exit codes", exit_codes, codes[i]);
	check("begins with the usage", strncmp(help, "Usage: waitfor ", 15) == 0);
	check("ends with a line", help[strlen(help) - 1] == '\n');
	free(help);
}

/* "Prints its own version, flavour, and the version of every library in it." */
static void test_version(void **state)
{
	char *version = about_version(),
	     *pq = alloc_format("libpq %d.%d\n", PQlibVersion() / 10000, PQlibVersion() % 10000);
	char *own = line_with(version, "waitfor ");

	(void)state;
	check_has("own", own, WAITFOR_VERSION);
	check_has("flavour", own, WAITFOR_FLAVOUR);
	check_has("C library", version, WAITFOR_LIBC);
	check_has("c-ares", version, ares_version(NULL));
	check_has("libevent", version, event_get_version());
	check_has("libpq", version, pq);
	check("begins with its own", strncmp(version, "waitfor ", 8) == 0);
	check("ends with a line", version[strlen(version) - 1] == '\n');
	free(own);
	free(pq);
	free(version);
}

/* "--help fits a screen": 80 columns and 24 lines, one of which the next prompt takes. */
static void test_help_fits_a_screen(void **state)
{
	enum { COLUMNS = 80, LINES = 24 };
	char *help = about_help(), *line, *rest = help;
	int lines = 0;

	(void)state;
	check("begins with the usage", strncmp(help, "Usage: waitfor ", 15) == 0);
	check_has("leads on", help, "--help[=all|");
	check_has("leads on", help, "--help=targets");
	check_has("example", help, "\n  waitfor db:5432 -- ./app ");
	check_has("example", help, "\n  waitfor db:5432 cache:6379 -- ./app ");
	check_has("example", help, "\n  waitfor --once tcp://127.0.0.1:8080 ");
	for (size_t i = 0; i < config_options.count; i++) {
		char *key = alloc_format(" --%s", config_options.rows[i].key);

		check_int(key, strstr(help, key) != NULL, config_options.rows[i].brief);
		free(key);
	}
	while ((line = strsep(&rest, "\n")) && rest) {
		check(line, strlen(line) < COLUMNS);
		lines++;
	}
	check("lines", lines < LINES);
	free(help);
}

static void test_help_for_programs(void **state)
{
	char *help = about_help_json();
	cJSON *root = cJSON_Parse(help), *options, *probes, *item;
	size_t i = 0;

	(void)state;
	check("JSON", root != NULL);
	options = cJSON_GetObjectItem(root, "options");
	check_int("rows", cJSON_GetArraySize(options), config_options.count);
	cJSON_ArrayForEach(item, options)
	{
		const struct options_row *row = &config_options.rows[i++];

		check_text(row->key, cJSON_GetStringValue(cJSON_GetObjectItem(item, "key")), row->key);
		check_text(row->key, cJSON_GetStringValue(cJSON_GetObjectItem(item, "help")), row->help);
		check_text(row->key, cJSON_GetStringValue(cJSON_GetObjectItem(item, "argument")), row->arg);
		check_text(row->key, cJSON_GetStringValue(cJSON_GetObjectItem(item, "default")), row->initial);
	}
	probes = cJSON_GetObjectItem(root, "probes");
	i = 0;
	cJSON_ArrayForEach(item, probes)
	{
		const struct scheme *scheme = scheme_at(i++);

		check_text(scheme->name, cJSON_GetStringValue(cJSON_GetObjectItem(item, "scheme")), scheme->name);
		check_text(scheme->name, cJSON_GetStringValue(cJSON_GetObjectItem(item, "example")), scheme->example);
	}
	check("every probe", i > 0 && !scheme_at(i));
	cJSON_Delete(root);
	free(help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_tells_every_option),
		cmocka_unit_test(test_help_tells_every_probe_and_exit_code),
		cmocka_unit_test(test_help_fits_a_screen),
		cmocka_unit_test(test_help_for_programs),
		cmocka_unit_test(test_version),
	};

	return unit_main(tests);
}
