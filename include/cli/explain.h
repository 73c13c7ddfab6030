/* --explain: the plan of a wait, for people as a table and for programs as JSON. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/config.h"

/*
 * The version of the JSON plan, which docs/explain.schema.json describes. It is raised if a member is removed or
 * renamed, gets another type or meaning, or may become null. It is not raised for new members, settings, kinds and
 * other words: readers must ignore those that they do not know. The table is for people and may change at any time.
 */
enum { EXPLAIN_VERSION = 1 };

/* The command that would be started after the wait. */
struct explain_command {
	const char *path; /* its name as it was written if this machine does not have it; NULL: there is no command */
	const char *problem; /* why this machine cannot start it; NULL: it can */
};

/*
 * Return the plan of a config whose targets are bound and whose exports are assigned. The texts hold no secret, and are
 * the caller's.
 */
char *explain_json(const struct config *config, const struct explain_command *command);
char *explain_table(const struct config *config, const struct explain_command *command);

/* The rest of this header is for the two files that make the texts. */

/* Where the address of an endpoint would come from. */
enum explain_source {
	EXPLAIN_NAME,        /* DNS and /etc/hosts */
	EXPLAIN_HOSTADDR,    /* the URL's parameter hostaddr */
	EXPLAIN_LITERAL,     /* the host is an address */
	EXPLAIN_UNIX_SOCKET, /* there is no address: the host is a path */
	EXPLAIN_SRV          /* the addresses of the hosts that DNS names in SRV records */
};

/* One endpoint of a target. Its texts are owned by the target. */
struct explain_endpoint {
	const char *host;
	uint16_t port;
	enum explain_source source;
	const char *address;  /* known without a lookup; NULL for a name */
	const char *fallback; /* the address in a link or service variable; NULL: none */
};

struct explain_endpoint explain_endpoint(const struct target *target, const struct endpoint *endpoint);

/*
 * Returns how the probe introduces itself: "logs in as user app to database shop, password from PGPASSWORD"; NULL for a
 * protocol without users. The caller's. It holds no password.
 */
char *explain_login(const struct target *target);

/* Where connections to a target are held (--hold), on the loopback addresses. */
struct explain_held {
	uint16_t port; /* 0: a free one */
	bool or_free;  /* a free one takes the place of a port that is taken */
};

/* Returns false if connections to the target of this index are not held. */
bool explain_held(const struct config *config, size_t index, struct explain_held *held);

/* One setting of the wait or of a target. */
struct explain_setting {
	const char *key;
	char *value;  /* as a user would write it; NULL: none */
	char *source; /* "--timeout", "WAITFOR_TIMEOUT", a file's name, "default"; for a target's own its origin */
	bool own;     /* set for this target or its group */
	bool is_default;
	bool no_limit; /* a time of 0, which stands for none */
};

/*
 * Fills setting with the value of a row of config_options: that of the target, or of the wait if target is NULL.
 * Returns false if the row is not a setting of the target or wait; then there is nothing to free. Rows that only the
 * command line may set are not settings of the wait. setting must be freed with explain_release_setting.
 */
bool explain_setting(struct explain_setting *setting, const struct config *config, const struct target *target,
		     size_t row);
void explain_release_setting(struct explain_setting *setting);

/* Returns the name of the target's variable number index, such as "DB_HOST"; NULL past the last. The caller's. */
char *explain_export(const struct config *config, size_t target, size_t index);

/* Returns "any" or "all": how many members of the group must be ready. */
const char *explain_wanted(const struct config *config, size_t group);

/* Returns the value of --print-env; NULL if it was not given. The caller's. */
char *explain_print_env(const struct config *config);

#endif
