#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "settings/checks.h"

/* The variables of all commands here. */
static char *const variables[] = {(char *)"PW=a b'c\"d$e&f%20", (char *)"DB_PORT=tcp://10.0.0.2:5432",
				  (char *)"DB_PORT_5432_TCP=tcp://10.0.0.2:5432", (char *)"EMPTY=", NULL};

/* Adds the command, and returns what checks_add does. */
static int add(struct config *config, const char *command, struct error *err)
{
	struct env env;
	int failed;

	*config = (struct config){.report_fd = -1};
	config->checks.items = calloc(1, sizeof(char *));
	config->checks.items[config->checks.count++] = command;
	plan_add_group(&config->plan, 0, false);
	env_copy(&env, variables);
	failed = checks_add(config, &env, err);
	env_release(&env);
	return failed;
}

static void test_cuts(void **state)
{
	static const struct {
		const char *command, *url, *text;
	} rows[] = {
		{"true", "exec:///true?search=path", "check true"},
		{"  true \t", "exec:///true?search=path", "check true"},
		{"/bin/true", "exec:///bin%2Ftrue?", "check /bin/true"},
		{"./a", "exec:///.%2Fa?search=path", "check ./a"},
		{"a b c", "exec:///a?search=path&arg=b&arg=c", "check a ..."},
		{"a 'b c' \"d e\" f\\ g", "exec:///a?search=path&arg=b%20c&arg=d%20e&arg=f%20g", "check a ..."},
		{"a b'c'\"d\"e", "exec:///a?search=path&arg=bcde", "check a ..."},
		{"a '' \"\" b", "exec:///a?search=path&arg=&arg=&arg=b", "check a ..."},
		{"a '|&;<>()`$X\\' \"|&;<>()`\\$X\\\\\\\"\\x\"",
		 "exec:///a?search=path&arg=%7C%26%3B%3C%3E%28%29%60%24X%5C&arg=%7C%26%3B%3C%3E%28%29%60%24X%5C%22%5Cx",
		 "check a ..."},
		{"a \\| \\\" \\' \\\\", "exec:///a?search=path&arg=%7C&arg=%22&arg=%27&arg=%5C", "check a ..."},
		{"a * ? [x] ~ # {} = % $ 1$",
		 "exec:///a?search=path&arg=%2A&arg=%3F&arg=%5Bx%5D&arg=~&arg=%23&arg=%7B%7D"
		 "&arg=%3D&arg=%25&arg=%24&arg=1%24",
		 "check a ..."},
		{"'my check'", "exec:///my%20check?search=path", "check my check"},
		{"a ${PW}", "exec:///a?search=path&arg=a%20b%27c%22d%24e%26f%2520", "check a ..."},
		{"a \"${PW}\"x", "exec:///a?search=path&arg=a%20b%27c%22d%24e%26f%2520x", "check a ..."},
		{"a '${PW}' \\${PW}", "exec:///a?search=path&arg=%24%7BPW%7D&arg=%24%7BPW%7D", "check a ..."},
		{"a ${NO:-b c}d", "exec:///a?search=path&arg=b%20cd", "check a ..."},
		{"a ${NO:-${NEITHER:-x}}", "exec:///a?search=path&arg=x", "check a ..."},
		{"a ${NO:-}", "exec:///a?search=path&arg=", "check a ..."},
		{"${NO:-a} b", "exec:///a?search=path&arg=b", "check a ..."},
		{"a db:${DB_PORT} ${DB_PORT}", "exec:///a?search=path&arg=db%3A5432&arg=tcp%3A%2F%2F10.0.0.2%3A5432",
		 "check a ..."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config config;
		struct error err = {0};

		check_int(rows[i].command, add(&config, rows[i].command, &err), 0);
		check_text(rows[i].command, err.text, "");
		check_int(rows[i].command, (long long)config.plan.target_count, 1);
		check_text(rows[i].command, config.plan.targets[0].url, rows[i].url);
		check_text(rows[i].command, config.plan.targets[0].text, rows[i].text);
		check_text(rows[i].command, config.plan.targets[0].name, NULL);
		config_release(&config);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *command, *message;
	} rows[] = {
		{" ", "the command is empty; write 'PROGRAM ARGUMENT...'"},
		{"''", "the command is empty"},
		{"'' SECRET", "the command is empty"},
		{"${NO:-}", "the command is empty"},
		{"a 'SECRET", "a ' has no other"},
		{"a \"SECRET", "a \" has no other"},
		{"a \"SECRET\\\"", "a \" has no other"},
		{"a SECRET | b", "a '|' needs a shell"},
		{"a SECRET && b", "a '&' needs a shell"},
		{"a SECRET; b", "a ';' needs a shell"},
		{"a SECRET >b", "a '>' needs a shell"},
		{"a SECRET <b", "a '<' needs a shell"},
		{"a `SECRET`", "a '`' needs a shell"},
		{"(a SECRET)", "a '(' needs a shell"},
		{"a SECRET\nb", "a '\n' needs a shell"},
		{"a SECRET $HOME", "write ${NAME} for a variable"},
		{"a \"SECRET $HOME\"", "write ${NAME} for a variable"},
		{"a $(SECRET)", "a '$' needs a shell"},
		{"a SECRET ${NO}", "the variable NO is not set"},
		{"a SECRET ${NO", "has no closing '}'"},
		{"a ${NO:=SECRET}", "is not supported"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config config;
		struct error err = {0};

		check_int(rows[i].command, add(&config, rows[i].command, &err), -1);
		check_has(rows[i].command, err.text, "--check: ");
		check_has(rows[i].command, err.text, rows[i].message);
		check_lacks(rows[i].command, err.text, "SECRET");
		config_release(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_refuses),
	};

	return unit_main(tests);
}
