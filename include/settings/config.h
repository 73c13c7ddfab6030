/* Everything the user asked for: the struct, and the table of settings that fill it. */
#ifndef SETTINGS_CONFIG_H
#define SETTINGS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "options/jsontext.h"
#include "options/options.h"
#include "system/env.h"
#include "system/log.h"
#include "target/plan.h"

/* --help takes two words: see OPTIONS_FLAG. */
enum config_action { CONFIG_WAIT, CONFIG_HELP, CONFIG_HELP_ALL, CONFIG_HELP_JSON, CONFIG_VERSION };
enum config_verbosity { CONFIG_VERBOSITY_NORMAL, CONFIG_VERBOSITY_QUIET, CONFIG_VERBOSITY_VERBOSE };
enum config_explain { CONFIG_EXPLAIN_NOT, CONFIG_EXPLAIN_TABLE, CONFIG_EXPLAIN_JSON };
enum config_output { CONFIG_OUTPUT_AUTO, CONFIG_OUTPUT_LINES, CONFIG_OUTPUT_BOARD, CONFIG_OUTPUT_JSON };

/* How many rows config_options may have. */
enum { CONFIG_ROWS = 32 };

struct config {
	int action;                               /* enum config_action */
	struct target_settings settings;          /* what targets begin with */
	int any, run_anyway, links;               /* flags */
	int verbosity;                            /* enum config_verbosity */
	int output;                               /* enum config_output */
	int report_fd;                            /* -1: none */
	struct options_list reports;              /* "[FORM:]FILE" */
	int print_env;                            /* 0: not asked for; 1 and up: enum envprint_form + 1 */
	int explain;                              /* enum config_explain */
	enum options_source sources[CONFIG_ROWS]; /* of config_options' rows */
	const char *path;                         /* of the configuration file; NULL: none */
	struct jsontext file;                     /* what stands in it; file.root is NULL where there is none */
	struct plan plan;                         /* what comes of all this */
	char **operands;                          /* the command line's targets, which point into argv */
	size_t operand_count;
	char **command; /* points into argv; NULL: no command */
};

/* The settings, one row each: for --help too. */
extern const struct options_table config_options;

/* Can targets be waited for with these settings? Says what is wrong. */
int config_check(const struct config *config, const struct target_settings *settings, struct error *err);

void config_release(struct config *config);

#endif
