/*
 * The command lines of other tools. The input is a tool's number, a word in each line, an empty line, and variables.
 * What a tool makes of its line is a line of waitfor's, which only a target or a value can make wrong; no setting is
 * unknown.
 * Covers: src/cli/front src/cli/front.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/front.h"
#include "settings/load.h"

static const char *choose(unsigned number)
{
	static const char *const tools[] = {"wait-for-it", "wait-for-it.sh", "pg_isready", "wait-for",
					    "dockerize",   "wait",           "wait4x",     "wait-on"};

	return tools[number % (sizeof(tools) / sizeof(tools[0]))];
}

static void check_line(int argc, char **argv, const struct env *env)
{
	struct error err = {0};
	struct config config;
	struct log log;

	log_init(&log, -1);
	fuzz_check(argc > 0 && !argv[argc], NULL);
	if (load_settings(&config, argc, argv, env, &err) == 0)
		load_targets(&config, env, &log, &err);
	fuzz_check(strncmp(err.text, "unknown option", 14) != 0, err.text);
	config_release(&config);
}

static void check_ended(const struct frontline *line)
{
	fuzz_check(line->code >= 0 && line->code < 256, NULL);
	fuzz_check(line->stream == 1 || line->stream == 2, NULL);
	fuzz_check(front_code(line, line->code) == line->code, NULL);
}

void fuzz_one(struct fuzz *in)
{
	const char *tool = choose(fuzz_byte(in));
	char *words[FUZZ_LINES + 2], *variables[FUZZ_LINES + 1], **argv = words;
	struct frontline line;
	struct error err = {0};
	struct env env;
	int argc = 1 + (int)fuzz_lines(in, words + 1);

	words[0] = (char *)tool;
	fuzz_lines(in, variables);
	env_copy(&env, variables);
	if (front_open(&line, &argc, &argv, &env, &err))
		fuzz_check(err.set, NULL);
	else if (line.ends)
		check_ended(&line);
	else if (line.front)
		check_line(argc, argv, &env);
	front_close(&line);
	env_release(&env);
	fuzz_free_lines(words + 1);
	fuzz_free_lines(variables);
}
