#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "cli/front.h"

static const char *const nothing[] = {NULL};

struct opened {
	struct frontline line;
	struct env env;
	char **argv;
	int argc, failed;
	struct error err;
};

static void opened_by(struct opened *opened, char **argv)
{
	*opened = (struct opened){.argv = argv};
	while (argv[opened->argc])
		opened->argc++;
	env_copy(&opened->env, (char *const *)nothing);
	opened->failed = front_open(&opened->line, &opened->argc, &opened->argv, &opened->env, &opened->err);
}

static void opened_close(struct opened *opened)
{
	front_close(&opened->line);
	env_release(&opened->env);
}

static void test_waitfors_own_calls_are_left_alone(void **state)
{
	static char *const calls[][4] = {
		{NULL},
		{(char *)"waitfor", NULL},
		{(char *)"", (char *)"db:1", NULL},
		{(char *)"/bin/waitfor", (char *)"wait-for-it", (char *)"db:1", NULL},
		{(char *)"waitfor", (char *)"as", NULL},
		{(char *)"waitfor", (char *)"as", (char *)"db:1", NULL},
		{(char *)"waitfor", (char *)"as", (char *)"--once", NULL},
		{(char *)"waitfor", (char *)"as", (char *)"X=db:1", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct opened opened;
		char *argv[4];

		memcpy(argv, calls[i], sizeof(argv));
		opened_by(&opened, argv);
		check_int(argv[1], opened.failed, 0);
		check(argv[1], !opened.line.front && opened.argv == argv);
		check_int(argv[1], front_code(&opened.line, 125), 125);
		opened_close(&opened);
	}
}

static void test_a_tool_that_is_unknown_is_refused(void **state)
{
	char *argv[] = {(char *)"waitfor", (char *)"as", (char *)"wait-for-nothing", (char *)"db:1", NULL};
	struct opened opened;

	(void)state;
	opened_by(&opened, argv);
	check_int("", opened.failed, -1);
	check_has("", opened.err.text, "as wait-for-nothing: no such tool; write one of wait-for-it, ");
	opened_close(&opened);
}

static void test_explain_quotes_for_a_shell_and_hides_secrets(void **state)
{
	char *argv[] = {(char *)"waitfor",
			(char *)"as",
			(char *)"wait-for-it",
			(char *)"--explain",
			(char *)"redis://:secret@db",
			(char *)"--",
			(char *)"it's",
			(char *)"",
			(char *)"$a",
			NULL};
	struct opened opened;

	(void)state;
	opened_by(&opened, argv);
	check("", opened.line.ends);
	check_text("", opened.line.said.data,
		   "waitfor -t 15 --no-export --run-anyway 'redis://:***@db' -- 'it'\\''s' '' '$a'\n"
		   "# *** may hide a secret: write it there\n");
	check_int("", front_code(&opened.line, opened.line.code), 0);
	opened_close(&opened);
}

/* Is the option there, behind a dash? */
static bool names(const char *said, const struct frontargs_option *option)
{
	for (const char *at = said; (at = strchr(at, '-')); at++)
		if (strncmp(at + 1, option->name, (size_t)option->name_length) == 0 &&
		    strchr("=\n", at[1 + option->name_length]))
			return true;
	return false;
}

static void test_help_names_what_is_understood(void **state)
{
	static const char *const calls[][2] = {{"wait-for-it", "--help"}, {"pg_isready", "--help"},
					       {"wait-for", "--help"},    {"dockerize", "-help"},
					       {"wait4x", "--help"},      {"wait-on", "--help"}};

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		char *argv[] = {(char *)calls[i][0], (char *)calls[i][1], NULL};
		struct opened opened;
		struct frontargs_option option;
		const char *rest;
		int count = 0;

		opened_by(&opened, argv);
		check(argv[0], opened.line.ends);
		for (rest = opened.line.front->options; frontargs_read(&rest, &option); count++)
			check_int(option.name, names(opened.line.said.data, &option), option.sign != '!');
		check(argv[0], count > 3 && count <= FRONTLINE_VALUES);
		opened_close(&opened);
	}
}

static void test_exit_codes(void **state)
{
	static const struct {
		const char *tool;
		int code, expected;
	} cases[] = {
		{"wait-for-it", 0, 0},   {"wait-for-it", 1, 124},   {"wait-for-it", 124, 124},
		{"wait-for-it", 125, 1}, {"wait-for-it", 127, 127}, {"wait-for-it", 143, 143},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *argv[] = {(char *)cases[i].tool, (char *)"db:1", NULL};
		struct opened opened;

		opened_by(&opened, argv);
		check_int(cases[i].tool, front_code(&opened.line, cases[i].code), cases[i].expected);
		opened_close(&opened);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waitfors_own_calls_are_left_alone),
		cmocka_unit_test(test_a_tool_that_is_unknown_is_refused),
		cmocka_unit_test(test_explain_quotes_for_a_shell_and_hides_secrets),
		cmocka_unit_test(test_help_names_what_is_understood),
		cmocka_unit_test(test_exit_codes),
	};

	return unit_main(tests);
}
