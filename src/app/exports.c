#include "app/exports.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/names.h"
#include "target/links.h"

/* Is it enough for the wait if one of the two targets is ready? */
static bool exports_are_alternatives(const struct plan *plan, const struct target *a, const struct target *b)
{
	return plan->group_count && groups_are_alternatives(plan->groups, a->group, b->group);
}

/* A target without a name or without a host has no variables to set. */
static bool exports_any(const struct target *target)
{
	return target->name && target->endpoint_count;
}

/* Host names are the same in upper and lower case, paths are not. */
static bool exports_same_host(const struct target *a, const struct target *b)
{
	const char *one = a->endpoints[0].host, *other = b->endpoints[0].host;

	if (a->subject && b->subject && strcmp(a->subject, b->subject) != 0)
		return false;
	return one[0] == '/' ? strcmp(one, other) == 0 : strcasecmp(one, other) == 0;
}

/*
 * May either target set the variables of their common name? It may if one of them is enough, and if the user gave the
 * name to both or both have the same host.
 */
static bool exports_share_name(const struct plan *plan, const struct target *a, const struct target *b)
{
	if (!exports_any(a) || !exports_any(b) || strcmp(a->name, b->name) != 0)
		return false;
	return ((a->named && b->named) || exports_same_host(a, b)) && exports_are_alternatives(plan, a, b);
}

bool exports_may_set(const struct plan *plan, size_t index)
{
	const struct target *target = &plan->targets[index];

	if (!exports_any(target) || plan->no_export)
		return false;
	return target->exports ||
	       (target->owner != index && exports_share_name(plan, &plan->targets[target->owner], target));
}

/* Returns the target with another name: "OTHER=db:5432", or its own text if host:port would not parse. The caller's. */
static char *exports_rename(const struct target *target)
{
	const struct endpoint *place = target->endpoints;
	const char *name_end = target->named ? strchr(target->text, '=') : NULL;

	if (!place->port || target->is_elsewhere || strpbrk(place->host, "/:"))
		return alloc_format("OTHER=%s", name_end ? name_end + 1 : target->text);
	return alloc_format("OTHER=%s:%u", place->host, (unsigned)place->port);
}

/* Two different hosts have the same name. The error suggests another name. */
static int exports_refuse(const struct plan *plan, const struct target *owner, const struct target *later,
			  struct error *err)
{
	bool may_share = exports_are_alternatives(plan, owner, later);
	char *renamed = exports_rename(later);

	errors_set(err, "targets \"%s\" and \"%s\" would both export %s_HOST; name one of them, such as %s%s%s%s",
		   owner->text, later->text, owner->name, renamed, may_share ? ", or both " : "",
		   may_share ? owner->name : "", may_share ? " to export whichever is ready" : "");
	free(renamed);
	return later->origin ? errors_prefix(err, "%s", later->origin) : -1;
}

/* Two targets have the same host and name. If the ports differ, logs how to export the other one too. */
static void exports_warn_of_port(const struct target *owner, const struct target *later, struct log *log)
{
	char *renamed;

	if (!owner->endpoints[0].port || owner->endpoints[0].port == later->endpoints[0].port)
		return;
	renamed = exports_rename(later);
	log_line(log, LOG_LEVEL_NORMAL, "%s: %s_PORT is the port of %s; to export this one too, name it: %s",
		 later->text, owner->name, owner->text, renamed);
	free(renamed);
}

/* Decides whether `later` exports, if the earlier target `owner` owns its name. */
static int exports_assign_pair(const struct plan *plan, const struct target *owner, struct target *later, bool used,
			       struct log *log, struct error *err)
{
	later->exports = false;
	if (!used || exports_share_name(plan, owner, later))
		return 0;
	if (!exports_same_host(owner, later))
		return exports_refuse(plan, owner, later, err);
	exports_warn_of_port(owner, later, log);
	return 0;
}

/* Sets the owner of each target: the first one with its name, or itself if it has none. */
static void exports_find_owners(struct plan *plan)
{
	struct names names = {0};

	for (size_t i = 0; i < plan->target_count; i++)
		if (exports_any(&plan->targets[i]))
			names_add(&names, plan->targets[i].name, strlen(plan->targets[i].name), i);
	names_sort(&names);
	for (size_t i = 0; i < plan->target_count; i++) {
		struct target *target = &plan->targets[i];

		target->owner = exports_any(target) ? names_find(&names, target->name, strlen(target->name)) : i;
	}
	names_release(&names);
}

static int exports_assign_names(struct plan *plan, bool used, struct log *log, struct error *err)
{
	exports_find_owners(plan);
	for (size_t i = 0; i < plan->target_count; i++) {
		struct target *later = &plan->targets[i];

		if (later->owner != i && exports_assign_pair(plan, &plan->targets[later->owner], later, used, log, err))
			return -1;
	}
	return 0;
}

char *exports_variable(const struct target *target, enum target_variable variable)
{
	static const char *const suffixes[] = {
		[TARGET_HOST] = "HOST",
		[TARGET_PORT] = "PORT",
		[TARGET_ADDR] = "ADDR",
	};

	return alloc_format("%s_%s", target->name, suffixes[variable]);
}

/*
 * Returns the value of the variable if the user set it; NULL if it is unset, or if a link or a service set it. An empty
 * one counts as unset, because Compose passes unset variables as empty ones. All entries of the name count: some
 * programs read the first, others the last.
 */
static const char *exports_users_value(const struct env *env, const char *name)
{
	size_t len = strlen(name), walk = 0;
	const char *entry;

	while ((entry = env_next(env, name, &walk)) && entry[len] == '=')
		if (entry[len + 1] && !links_sets(name, entry + len + 1))
			return entry + len + 1;
	return NULL;
}

/* Is value what the target would export, as far as this is known before the wait? */
static bool exports_would_set(const struct target *target, enum target_variable variable, const char *value)
{
	char port[8];

	if (target->is_elsewhere)
		return false;
	snprintf(port, sizeof(port), "%u", (unsigned)target->endpoints[0].port);
	if (variable == TARGET_HOST)
		return strcmp(value, target->endpoints[0].host) == 0;
	return variable == TARGET_PORT && strcmp(value, port) == 0;
}

/* Marks the variables that the user set. Returns the names of those with another value than the target's, or NULL. */
static char *exports_keep(struct target *target, const struct env *env)
{
	struct buf names = {0};

	for (int i = 0; i < TARGET_VARIABLES; i++) {
		char *name = exports_variable(target, (enum target_variable)i);
		const char *value = exports_users_value(env, name);

		target->kept[i] = value != NULL;
		if (value && !exports_would_set(target, (enum target_variable)i, value)) {
			buf_add_text(&names, names.len ? " and " : "");
			buf_add_text(&names, name);
		}
		free(name);
	}
	return names.len ? buf_detach(&names) : NULL;
}

/* Keeps what the user set. A name that the user gave, and --pin, say that it shall be replaced. */
static void exports_keep_all(struct plan *plan, const struct env *env, bool used, struct log *log)
{
	for (size_t i = 0; i < plan->target_count && !plan->pin; i++) {
		struct target *target = &plan->targets[i];
		char *names = exports_any(target) && !target->named ? exports_keep(target, env) : NULL;

		if (names && target->exports && used)
			log_line(log, LOG_LEVEL_NORMAL,
				 "%s: leaving %s as set in the environment; to export, write %s= before the target",
				 target->text, names, target->name);
		free(names);
	}
}

/* Logs, once, that a host which begins with a digit gives no name, and how to give one. */
static void exports_warn_of_digit(const struct plan *plan, struct log *log)
{
	for (size_t i = 0; i < plan->target_count; i++) {
		const struct target *target = &plan->targets[i];
		const char *host = target->endpoint_count ? target->endpoints[0].host : "";

		if (target->name || !isdigit((unsigned char)host[0]) || endpoint_family(host) != AF_UNSPEC)
			continue;
		log_line(log, LOG_LEVEL_NORMAL,
			 "%s: exporting nothing, because no variable can begin with a digit; to export it, write NAME= "
			 "before the target",
			 target->text);
		return;
	}
}

int exports_assign(struct plan *plan, const struct env *env, bool used, struct log *log, struct error *err)
{
	if (plan->no_export)
		return 0;
	if (exports_assign_names(plan, used, log, err))
		return -1;
	exports_keep_all(plan, env, used, log);
	if (used)
		exports_warn_of_digit(plan, log);
	return 0;
}

static void exports_put(struct exports *exports, const struct target *owner, enum target_variable variable,
			const char *value)
{
	exports->list = alloc_resize(exports->list, exports->count + 1, sizeof(*exports->list));
	exports->list[exports->count++] =
		(struct env_variable){.name = exports_variable(owner, variable), .value = alloc_text(value)};
}

/* Adds the owner's variable, unless the user's is kept. */
static void exports_add(struct exports *exports, const struct target *owner, enum target_variable variable,
			const char *value)
{
	if (!owner->kept[variable])
		exports_put(exports, owner, variable, value);
}

/* Adds the variables of the owner's name, with values from progress. */
static void exports_add_target(struct exports *exports, const struct target *owner, const struct progress *progress,
			       bool pin)
{
	const struct target *target = progress->target;
	const struct place *place = &progress->place;
	bool ready = progress_is_ready(progress);
	const struct place where = ready ? *place : place_of(target->endpoints);
	/* If the address is from a variable, the host may not resolve, so the address is exported in its place. */
	bool use_address = place->address[0] && (place->from_variable || (ready && pin));
	char port[8];

	if (target->is_elsewhere && !ready)
		return; /* its endpoints are of those who were asked */
	snprintf(port, sizeof(port), "%u", (unsigned)where.port);
	exports_add(exports, owner, TARGET_HOST, use_address ? place->address : where.host);
	if (where.port) /* a Unix socket has none */
		exports_add(exports, owner, TARGET_PORT, port);
	if (ready)
		exports_add(exports, owner, TARGET_ADDR, place->address);
}

/*
 * Notes for each owner from which progress the variables of its name are set: that of the owner, or of a target that
 * shares the name. A target that is done comes first, then one that is ready but lacks some of its --successes, then
 * the owner. Returns an array with an entry for each target, NULL where none is ready. The caller's.
 */
static const struct progress **exports_find_sources(const struct plan *plan, const struct progress *progress)
{
	const struct progress **sources = alloc_zero(plan->target_count, sizeof(const struct progress *));

	for (size_t i = 0; i < plan->target_count; i++) {
		size_t owner = plan->targets[i].owner;
		const struct progress **source = &sources[owner];

		if (!progress_is_ready(&progress[i]) ||
		    (i != owner && !exports_share_name(plan, &plan->targets[owner], &plan->targets[i])))
			continue;
		if (!*source || (progress[i].state == PROGRESS_DONE && (*source)->state != PROGRESS_DONE))
			*source = &progress[i];
	}
	return sources;
}

void exports_collect(struct exports *exports, const struct plan *plan, const struct progress *progress)
{
	const struct progress **sources;

	*exports = (struct exports){0};
	if (plan->no_export)
		return;
	sources = exports_find_sources(plan, progress);
	for (size_t i = 0; i < plan->target_count; i++)
		if (exports_any(&plan->targets[i]) && plan->targets[i].exports)
			exports_add_target(exports, &plan->targets[i], sources[i] ? sources[i] : &progress[i],
					   plan->pin);
	free(sources);
}

void exports_collect_held(struct exports *exports, const struct plan *plan,
			  uint16_t (*port)(const void *arg, size_t index), const void *arg)
{
	char digits[8];

	*exports = (struct exports){0};
	for (size_t i = 0; i < plan->target_count && !plan->no_export; i++) {
		const struct target *target = &plan->targets[i];

		if (!exports_any(target) || !target->exports)
			continue;
		snprintf(digits, sizeof(digits), "%u", (unsigned)port(arg, i));
		exports_put(exports, target, TARGET_HOST, "127.0.0.1");
		exports_put(exports, target, TARGET_PORT, digits);
		exports_put(exports, target, TARGET_ADDR, "127.0.0.1");
	}
}

void exports_release(struct exports *exports)
{
	for (size_t i = 0; i < exports->count; i++) {
		free(exports->list[i].name);
		free(exports->list[i].value);
	}
	free(exports->list);
	*exports = (struct exports){0};
}

void exports_apply(const struct exports *exports, struct env *env)
{
	env_set_all(env, exports->list, exports->count);
}
