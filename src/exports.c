#include "exports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Does `later` share a name that an earlier target owns? */
static int exports_settle_pair(const struct target *owner, struct target *later, struct log *log, struct error *err)
{
	const struct endpoint *first = owner->endpoints, *second = later->endpoints;

	if (!owner->name || !owner->exports || strcmp(owner->name, later->name) != 0)
		return 0;
	if (strcasecmp(first->host, second->host) != 0)
		return errors_set(
			err,
			"targets \"%s\" and \"%s\" would both export %s_HOST; name one of them, such as OTHER=%s:%u",
			owner->text, later->text, owner->name, second->host, (unsigned)second->port);
	later->exports = false;
	if (first->port != second->port)
		log_line(log, LOG_LEVEL_NORMAL,
			 "%s: %s_PORT is the port of %s; to export this one too, name it: OTHER=%s:%u", later->text,
			 owner->name, owner->text, second->host, (unsigned)second->port);
	return 0;
}

int exports_settle(struct config *config, struct log *log, struct error *err)
{
	for (size_t i = 0; i < config->target_count && !config->no_export; i++) {
		struct target *later = &config->targets[i];

		for (size_t j = 0; j < i && later->name && later->exports; j++)
			if (exports_settle_pair(&config->targets[j], later, log, err))
				return -1;
	}
	return 0;
}

static void exports_set(struct env *env, const char *name, const char *suffix, const char *value)
{
	char *full = alloc_format("%s_%s", name, suffix);

	env_set(env, full, value);
	free(full);
}

static void exports_apply_one(struct env *env, const struct progress *progress, bool pin)
{
	const struct target *target = progress->target;
	const struct progress_place *place = &progress->place;
	bool ready = progress_is_ready(progress);
	const struct endpoint *endpoint = ready ? place->endpoint : target->endpoints;
	/* Where only a variable knew the peer the name helps nobody, ready or not. */
	bool use_address = place->address[0] && (place->from_variable || (ready && pin));
	char port[8];

	snprintf(port, sizeof(port), "%u", (unsigned)endpoint->port);
	exports_set(env, target->name, "HOST", use_address ? place->address : endpoint->host);
	exports_set(env, target->name, "PORT", port);
	if (ready)
		exports_set(env, target->name, "ADDR", place->address);
}

void exports_apply(struct env *env, const struct config *config, const struct progress *progress)
{
	for (size_t i = 0; i < config->target_count && !config->no_export; i++)
		if (config->targets[i].name && config->targets[i].exports)
			exports_apply_one(env, &progress[i], config->pin);
}
