#include "attempt/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "target/links.h"

/* The only list of types: help, unknown-scheme messages and default ports walk it. */
#define PROBE_TYPES(X) X(tcp) X(postgres)

#define PROBE_DECLARE(type) extern const struct probe_type probe_type_##type;
PROBE_TYPES(PROBE_DECLARE)

#define PROBE_ROW(type) &probe_type_##type,
static const struct probe_type *const probe_types[] = {PROBE_TYPES(PROBE_ROW)};

enum { PROBE_TYPE_COUNT = sizeof(probe_types) / sizeof(probe_types[0]) };

const struct probe_type *probe_type_at(size_t index)
{
	return index < PROBE_TYPE_COUNT ? probe_types[index] : NULL;
}

static const struct probe_type *probe_type_of_scheme(const char *scheme)
{
	for (size_t i = 0; i < PROBE_TYPE_COUNT; i++)
		if (strcmp(probe_types[i]->name, scheme) == 0 ||
		    (probe_types[i]->alias && strcmp(probe_types[i]->alias, scheme) == 0))
			return probe_types[i];
	return NULL;
}

/* An open port is not readiness: a port that belongs to a protocol is asked in that protocol. The first row takes the rest. */
static const struct probe_type *probe_type_of_port(uint16_t port)
{
	for (size_t i = 0; i < PROBE_TYPE_COUNT; i++)
		if (probe_types[i]->default_port && probe_types[i]->default_port == port)
			return probe_types[i];
	return probe_types[0];
}

static int probe_unknown_scheme(const struct target *target, struct error *err)
{
	struct buf known = {0};
	char *text;

	for (size_t i = 0; i < PROBE_TYPE_COUNT; i++) {
		if (i)
			buf_add_text(&known, i + 1 == PROBE_TYPE_COUNT ? " and " : ", ");
		buf_add_text(&known, probe_types[i]->name);
		buf_add_text(&known, "://");
	}
	text = buf_detach(&known);
	errors_set(err, "unknown scheme \"%s\"; known are %s", target->scheme, text);
	free(text);
	return -1;
}

static int probe_check_endpoints(const struct target *target, struct error *err)
{
	if (target->endpoint_count == 0)
		return errors_set(err, "the host is missing; write %s", target->type->example);
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (target->endpoints[i].port == 0 && target->scheme)
			return errors_set(err, "the port is missing; write %s", target->type->example);
		else if (target->endpoints[i].port == 0)
			return errors_set(err,
					  "the port is missing and no link or service variable knows it; "
					  "write %s:PORT, and put a command after \"--\"",
					  target->endpoints[i].host);
	return 0;
}

static int probe_bind_one(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct probe_type *type =
		target->scheme ? probe_type_of_scheme(target->scheme) : probe_type_of_port(target->endpoints[0].port);

	if (!type)
		return probe_unknown_scheme(target, err);
	target->type = type;
	for (size_t i = 0; i < target->endpoint_count && target->scheme; i++)
		links_complete(&target->endpoints[i], env, type->default_port);
	if (type->bind && type->bind(target, env, log, err))
		return -1;
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (!target->endpoints[i].port)
			target->endpoints[i].port = target->scheme ? type->default_port : 0;
	target_derive_name(target); /* the type may have found the host in a parameter */
	return probe_check_endpoints(target, err);
}

int probe_bind(struct target *targets, size_t count, const struct env *env, struct log *log, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (probe_bind_one(&targets[i], env, log, err)) {
			errors_prefix(err, "target \"%s\"", targets[i].text);
			return targets[i].origin ? errors_prefix(err, "%s", targets[i].origin) : -1;
		}
	return 0;
}

void probe_unbind(struct target *targets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (targets[i].type && targets[i].type->unbind)
			targets[i].type->unbind(&targets[i]);
}

static void probe_on_deliver(void *arg)
{
	struct probe *probe = arg;
	struct outcome outcome = probe->outcome;

	if (probe->started)
		probe->type->stop(probe);
	probe->started = false;
	probe->done(probe->arg, probe, &outcome); /* may free the probe */
}

static void probe_on_deadline(void *arg)
{
	struct probe *probe = arg;
	struct outcome outcome = probe->stage_text ? outcome_make(probe->stage, "%s", probe->stage_text)
						   : outcome_make(probe->stage, NULL);

	probe_finish(probe, &outcome);
}

struct probe *probe_new(struct loop *loop, const struct target *target, const struct endpoint *endpoint,
			const struct resolve_address *address, int64_t limit,
			void (*done)(void *arg, struct probe *probe, const struct outcome *outcome), void *arg)
{
	struct probe *probe = alloc_zero(1, sizeof(*probe));

	*probe = (struct probe){
		.type = target->type,
		.loop = loop,
		.target = target,
		.endpoint = endpoint,
		.address_copy = *address,
		.stage = OUTCOME_CONNECT_TIMEOUT,
		.state = alloc_zero(1, target->type->state_size),
		.done = done,
		.arg = arg,
	};
	probe->address = &probe->address_copy;
	loop_timer_init(loop, &probe->deadline, probe_on_deadline, probe);
	loop_timer_init(loop, &probe->deliver, probe_on_deliver, probe);
	loop_timer_set(&probe->deadline, limit);
	return probe;
}

void probe_start(struct probe *probe)
{
	probe->started = true;
	probe->type->start(probe);
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	loop_timer_clear(&probe->deadline);
	loop_timer_clear(&probe->deliver);
	if (probe->started)
		probe->type->stop(probe);
	free(probe->state);
	free(probe);
}

bool probe_is_connected(const struct probe *probe)
{
	return outcome_info(probe->stage)->layer == OUTCOME_APP;
}

void probe_finish(struct probe *probe, const struct outcome *outcome)
{
	if (probe->finished)
		return;
	probe->finished = true;
	probe->outcome = *outcome;
	loop_timer_clear(&probe->deadline);
	loop_timer_set(&probe->deliver, 0);
}

void probe_stage(struct probe *probe, enum outcome_kind on_deadline, const char *text)
{
	probe->stage = on_deadline;
	probe->stage_text = text;
}
