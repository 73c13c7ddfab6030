#include "settings/locks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "target/scheme.h"

/* A lock's name is printed, so no URL with a password can be one. */
enum { LOCKS_NAME_MAX = 100 };

static int locks_check_name(const char *name, struct error *err)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return errors_set(err, "--lock: the name of a lock has letters, digits and any of -_. as in "
					       "--lock migrations; the target follows it");
	if (strlen(name) > LOCKS_NAME_MAX)
		return errors_set(err, "--lock: the name of a lock has at most %d characters; write --lock migrations",
				  LOCKS_NAME_MAX);
	return 0;
}

/* Returns the option that leaves nothing for a lock to do, or to wait for; NULL: none is given. */
static const char *locks_opposite(const struct config *config)
{
	return config->plan.once    ? "once"
	       : config->plan.down  ? "down"
	       : config->any        ? "any"
	       : config->run_anyway ? "run-anyway"
	       : config->hold.on    ? "hold"
	       : config->print_env  ? "print-env"
				    : NULL;
}

int locks_check(const struct config *config, struct error *err)
{
	const char *opposite = locks_opposite(config);

	if (!config->lock && config->lock_timeout && config_source(config, "lock-timeout") == OPTIONS_ARGV)
		return errors_set(err, "--lock-timeout is for a lock; write --lock NAME as well");
	if (!config->lock)
		return 0;
	if (locks_check_name(config->lock, err))
		return -1;
	if (!config->command)
		return errors_set(err, "--lock is for a command; write waitfor --lock %s postgres://host/db -- command",
				  config->lock);
	if (opposite)
		return errors_set(err, "--lock runs the command when it has the lock, and only then; leave out --%s",
				  opposite);
	return 0;
}

static bool locks_can_lock(const struct target *target)
{
	const struct scheme *scheme = target->scheme_name      ? scheme_of_name(target->scheme_name)
				      : target->endpoint_count ? scheme_of_port(target->endpoints[0].port)
							       : NULL;

	/* Servers with PostgreSQL's protocol that have no such locks. */
	if (target->scheme_name &&
	    (strncmp(target->scheme_name, "cockroach", 9) == 0 || strcmp(target->scheme_name, "redshift") == 0))
		return false;
	return scheme && scheme->has_locks;
}

/* Returns the only target that can have the lock; NULL with err. */
static const struct target *locks_find(const struct config *config, struct error *err)
{
	const struct target *found = NULL;

	for (size_t i = 0; i < config->plan.target_count; i++) {
		if (!locks_can_lock(&config->plan.targets[i]))
			continue;
		if (found) {
			errors_set(
				err,
				"--lock: \"%s\" and \"%s\" can both have the lock; wait for one of them before, as in "
				"waitfor TARGET -- waitfor --lock %s TARGET -- command",
				found->text, config->plan.targets[i].text, config->lock);
			return NULL;
		}
		found = &config->plan.targets[i];
	}
	if (!found)
		errors_set(err, "--lock: there is no target that has locks; write --lock %s postgres://user@host/db",
			   config->lock);
	return found;
}

/* Returns the text of the target again, with its secrets. The caller's. */
static char *locks_text(const struct target *target)
{
	size_t wrapper = scheme_wrapper_length(target->url);

	return target->by_srv ? alloc_format("%.*ssrv+%s", (int)wrapper, target->url, target->url + wrapper)
			      : alloc_text(target->url);
}

static void locks_complete(struct target *made, const struct target *target, const struct config *config)
{
	char *text = alloc_format("lock %s at %s", config->lock, target->text);

	free(made->text);
	free(made->name);
	made->text = text;
	made->name = NULL;
	made->lock = config->lock;
	made->origin = target->origin ? alloc_text(target->origin) : NULL;
	made->settings = target->settings;
	made->settings.successes = 1; /* the lock is held, or not */
	made->settings.waits_for_turn = !config->lock_timeout;
	if (config->lock_timeout)
		made->settings.timeout = config->lock_timeout;
}

int locks_add(struct config *config, struct error *err)
{
	const struct target *target = config->lock ? locks_find(config, err) : NULL;
	struct target made;
	char *text;
	int failed;

	if (!config->lock)
		return 0;
	if (!target)
		return -1;
	text = locks_text(target);
	failed = target_parse(&made, text, err);
	free(text);
	if (failed)
		return -1;
	locks_complete(&made, target, config);
	plan_add_target(&config->plan, &made);
	return 0;
}
