/* Everything that the user asked for: a struct, and the table of the settings that fill it. */
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

/* CONFIG_HELP_ALL and those behind it, up to CONFIG_HELP_JSON, are the choices of --help: see OPTIONS_FLAG. */
enum config_action { CONFIG_WAIT, CONFIG_HELP, CONFIG_HELP_ALL, CONFIG_HELP_TARGETS, CONFIG_HELP_JSON, CONFIG_VERSION };
enum config_verbosity { CONFIG_VERBOSITY_NORMAL, CONFIG_VERBOSITY_QUIET, CONFIG_VERBOSITY_VERBOSE };
enum config_explain { CONFIG_EXPLAIN_NOT, CONFIG_EXPLAIN_TABLE, CONFIG_EXPLAIN_JSON };
enum config_output { CONFIG_OUTPUT_AUTO, CONFIG_OUTPUT_LINES, CONFIG_OUTPUT_BOARD, CONFIG_OUTPUT_JSON };

enum config_links { CONFIG_LINKS_OFF, CONFIG_LINKS_ON, CONFIG_LINKS_OPTIONAL };

/* The maximum of rows in config_options. */
enum { CONFIG_ROWS = 48 };

/* What this process does as the parent of COMMAND. */
struct config_stay {
	int on, group;      /* flags */
	int64_t kill_after; /* microseconds; 0: never */
};

/* --state and --health */
struct config_outlets {
	const char *state;  /* file; NULL: none */
	const char *health; /* "unix:PATH", "tcp:PORT" or "tcp:ADDRESS:PORT"; NULL: none */
};

/* --follow */
struct config_follow {
	int on;             /* flag */
	const char *action; /* "signal=HUP", "restart" or "exit"; NULL: none */
	int64_t lost_after; /* microseconds */
};

/* --hold, and the default of --hold-max. */
enum { CONFIG_HOLD_MAX = 1024 };

struct config_hold {
	int on;            /* flag */
	const char *ports; /* "PORT" or "NAME=PORT,NAME=PORT"; NULL: none */
	int64_t timeout;   /* microseconds; 0: that of the targets */
	int max;           /* connections */
};

struct config {
	int action;                      /* enum config_action */
	struct target_settings settings; /* the defaults for each target */
	int any, run_anyway;             /* flags */
	struct config_stay stay;
	struct config_hold hold;
	struct config_follow follow;
	struct config_outlets outlets;
	const char *lock;                        /* the name of a lock; NULL: none */
	int64_t lock_timeout;                    /* microseconds; 0: no limit while others have the lock */
	int links;                               /* enum config_links */
	const char *links_without;               /* the peers that --links=-NAME,NAME leaves out; NULL: none */
	int verbosity;                           /* enum config_verbosity */
	int output;                              /* enum config_output */
	int report_fd;                           /* -1: none */
	struct options_list reports;             /* "[FORM:]FILE" */
	const char *expect_status, *expect_body; /* for the only target of HTTP; NULL: not given */
	struct options_list expect_json, http_headers;
	struct options_list checks;               /* commands */
	struct options_list exports;              /* NAME=TEXT */
	struct options_list renders;              /* SRC:DST */
	int print_env;                            /* 0: not given; else enum envprint_form + 1 */
	int explain;                              /* enum config_explain */
	enum options_source sources[CONFIG_ROWS]; /* one for each row of config_options */
	struct env variables;                     /* the WAITFOR_ ones; without a carriage return at their end */
	const char *path;                         /* of the configuration file; NULL: none */
	struct jsontext file;                     /* its content; file.root is NULL if there is no file */
	struct plan plan;                         /* the targets and groups to wait for */
	char **operands;                          /* the targets of the command line; they point into argv */
	size_t operand_count;
	char **command; /* points into argv; NULL: no command */
};

/* The settings, one row each. --help prints them. */
extern const struct options_table config_options;

/* Returns where the value of the setting with this key comes from. The key must exist. */
enum options_source config_source(const struct config *config, const char *key);

/*
 * Settles what contradicts each other in two sources: the command line overrules the environment, which overrules the
 * file. So --once wins over WAITFOR_SUCCESSES=3. What contradicts each other in one source is for config_check.
 */
void config_settle(struct config *config, struct log *log);

/* Checks that the settings of a target agree with those of the wait. The error says which do not, and the fix. */
int config_check(const struct config *config, const struct target_settings *settings, struct error *err);

/* Frees what config owns and zeroes it. */
void config_release(struct config *config);

#endif
