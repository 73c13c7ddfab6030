/* --explain: the plan of a wait, for people as a table and for programs as JSON. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/config.h"

/*
 * The version of the plan, which docs/explain.schema.json describes. It is raised when a member is removed or renamed,
 * gets another type or meaning, or may be null where it never was. Members, settings, kinds and other words may be
 * added without: a reader ignores what it does not know. The table is for people and may change at any time.
 */
enum { EXPLAIN_VERSION = 1 };

/*
 * The plan of a config whose targets are bound and whose exports are settled; path is that of the command, or NULL.
 * Neither text holds a secret. Both are the caller's.
 */
char *explain_json(const struct config *config, const char *path);
char *explain_table(const struct config *config, const char *path);

/* The rest is what both texts are made of. */

/* Where the address of an endpoint would come from. */
enum explain_source {
	EXPLAIN_NAME,       /* DNS and /etc/hosts */
	EXPLAIN_HOSTADDR,   /* the parameter of that name */
	EXPLAIN_LITERAL,    /* the target itself */
	EXPLAIN_UNIX_SOCKET /* nowhere: the host is a path */
};

/* One place where a target may be. Its texts are the target's. */
struct explain_endpoint {
	const char *host;
	uint16_t port;
	enum explain_source source;
	const char *address;  /* known without asking; NULL for a name */
	const char *fallback; /* what a variable knows of a name; NULL: nothing */
};

struct explain_endpoint explain_endpoint(const struct endpoint *endpoint);

/* One setting, of the wait or of a target. */
struct explain_setting {
	const char *key;
	char *value;  /* as a user would write it; NULL: none */
	char *source; /* "--timeout", "WAITFOR_TIMEOUT", a file's name, "default"; for a target's own its origin */
	bool own;     /* the target's own */
};

/*
 * What the row of config_options is set to, for the wait where target is NULL. False where the row is none for it, and
 * there is nothing to release: for a wait that is what only the command line may say, and is about one run.
 */
bool explain_setting(struct explain_setting *setting, const struct config *config, const struct target *target,
		     size_t row);
void explain_release_setting(struct explain_setting *setting);

/* The index-th variable that the target may set, "DB_HOST"; NULL past the last. The caller's. */
char *explain_export(const struct config *config, size_t target, size_t index);

/* "any" or "all": how many of the group's members are wanted. */
const char *explain_wanted(const struct config *config, size_t group);

/* The word after --print-env; NULL where it was not given. The caller's. */
char *explain_print_env(const struct config *config);

#endif
