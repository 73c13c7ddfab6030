#include "unit.h"

#include <ares.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "alloc.h"
#include "config.h"
#include "probe.h"

/* The line of text that holds part; the caller's. NULL when there is none. */
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
	char *help = about_help();

	(void)state;
	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];
		char *key = row->choice ? alloc_format(" --%s[=%s]", row->key, row->choice)
					: alloc_format(" --%s%s", row->key, row->arg ? " " : "");
		char *line = line_with(help, key);
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
			if (row->choice)
				check_has(row->key, line, row->choice);
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
	char *help = about_help(), *exit_codes = strstr(help, "Exit codes");
	const struct probe_type *type;

	(void)state;
	for (size_t i = 0; (type = probe_type_at(i)); i++) {
		char *line = line_with(help, type->example);

		check_has(type->name, line, type->summary);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_tells_every_option),
		cmocka_unit_test(test_help_tells_every_probe_and_exit_code),
		cmocka_unit_test(test_version),
	};

	return unit_main(tests);
}
