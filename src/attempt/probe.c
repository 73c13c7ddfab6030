#include "attempt/probe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "attempt/tlscheck.h"
#include "base/alloc.h"
#include "target/credentials.h"
#include "target/links.h"
#include "target/scheme.h"
#include "target/security.h"

static int probe_check_endpoints(const struct target *target, struct error *err)
{
	if (target->scheme->needs == SCHEME_NEEDS_NOTHING || target->scheme->needs == SCHEME_NEEDS_WORD)
		return 0;
	if (target->endpoint_count == 0)
		return errors_set(err, "the host is missing; write %s", target->scheme->example);
	if (target->by_srv)
		return 0;
	for (size_t i = 0; i < target->endpoint_count && target->scheme->needs == SCHEME_NEEDS_ADDRESS; i++)
		if (target->endpoints[i].port == 0 && target->scheme_name)
			return errors_set(err, "the port is missing; write %s", target->scheme->example);
		else if (target->endpoints[i].port == 0)
			return errors_set(err,
					  strchr(target->endpoints[i].host, ':')
						  ? "the port is missing; write [%s]:PORT"
						  : "the port is missing, and no link or service variable has it; "
						    "write %s:PORT, or put \"--\" before it if it is the command",
					  target->endpoints[i].host);
	return 0;
}

/* Puts the scheme's path and parameters where the URL has no path: "" or "/", and perhaps parameters. */
static void probe_apply_preset(struct target *target)
{
	size_t path = strcspn(target->tail, "?");
	char *tail;

	if (!target->scheme->preset || path > 1)
		return;
	tail = alloc_format("%s%s%s", target->scheme->preset, target->tail[path] ? "&" : "",
			    target->tail[path] ? target->tail + path + 1 : "");
	free(target->tail);
	target->tail = tail;
}

/* Reads the parameters, which follow the '?' of the URL, by the scheme's table and that of TLS. */
static int probe_load_params(struct target *target, struct error *err)
{
	const struct scheme *scheme = target->scheme;
	const struct params_spec spec = {{scheme->params, scheme_security(scheme)},
					 scheme->params_size,
					 scheme->ignored,
					 scheme->passes_parameters};
	const char *query = strchr(target->tail, '?');

	if (!spec.tables[PARAMS_OWN] && !spec.tables[PARAMS_COMMON])
		return 0;
	return params_load(&target->params, &spec, &target->security, query ? query + 1 : NULL, err);
}

/* The port of a URL without one. */
static uint16_t probe_usual_port(const struct target *target)
{
	const struct security *security = &target->security;

	return scheme_port(target->scheme, security_is_on(security) && !security_starts_later(security));
}

/*
 * What srv+ goes before: a scheme with one host, which is the name of SRV records. These have the port. The protocol may have
 * found the host in a parameter, and has set its usual port: so it is checked before and after its bind.
 */
static int probe_check_srv(const struct target *target, bool is_bound, struct error *err)
{
	const char *name = target->scheme->name;

	if (!target->by_srv)
		return 0;
	if (target->scheme->needs != SCHEME_NEEDS_ADDRESS)
		return errors_set(err, "%s:// has no host and port, which SRV records could give; leave out srv+",
				  name);
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (i || target->endpoints[i].address || (target->endpoints[i].port && !is_bound) ||
		    endpoint_family(target->endpoints[i].host) != AF_UNSPEC)
			return errors_set(err,
					  "srv+%s:// takes a name without a port, which its SRV records have; write "
					  "srv+%s://_service._tcp.example.com",
					  name, name);
	return 0;
}

static int probe_bind_one(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct scheme *scheme =
		target->scheme_name ? scheme_of_name(target->scheme_name) : scheme_of_port(target->endpoints[0].port);

	if (!scheme)
		return scheme_refuse(target->scheme_name, err);
	target->scheme = scheme;
	if (probe_check_srv(target, false, err))
		return -1;
	probe_apply_preset(target);
	if (probe_load_params(target, err) || tlscheck(target, err))
		return -1;
	for (size_t i = 0; i < target->endpoint_count && target->scheme_name && !target->by_srv; i++)
		links_complete(&target->endpoints[i], env, probe_usual_port(target));
	if (scheme->protocol->bind && scheme->protocol->bind(target, env, log, err))
		return -1;
	if (probe_check_srv(target, true, err))
		return -1;
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (!target->endpoints[i].port || target->by_srv)
			target->endpoints[i].port =
				target->scheme_name && !target->by_srv ? probe_usual_port(target) : 0;
	target_derive_name(target); /* the protocol may have found the host in a parameter */
	if (probe_check_endpoints(target, err))
		return -1;
	return scheme->takes_credentials ? credentials_complete(target, env, err) : 0;
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
		if (targets[i].scheme && targets[i].scheme->protocol->unbind)
			targets[i].scheme->protocol->unbind(&targets[i]);
}

static void probe_on_deliver(void *arg)
{
	struct probe *probe = arg;
	struct outcome outcome = probe->outcome;

	if (probe->started)
		probe->protocol->stop(probe);
	probe->started = false;
	probe->done(probe->arg, probe, &outcome); /* may release the probe */
}

struct outcome probe_expiry(const struct probe *probe)
{
	return probe->expire_text ? outcome_make(probe->expire_kind, "%s", probe->expire_text)
				  : outcome_make(probe->expire_kind, NULL);
}

static void probe_on_deadline(void *arg)
{
	struct probe *probe = arg;
	struct outcome outcome = probe_expiry(probe);

	probe_finish(probe, &outcome);
}

void probe_init(struct probe *probe, void *state, struct loop *loop, const struct target *target,
		const struct endpoint *endpoint, const struct address *address, int64_t limit,
		void (*done)(void *arg, struct probe *probe, const struct outcome *outcome), void *arg)
{
	*probe = (struct probe){
		.protocol = probe_protocol(target, false),
		.loop = loop,
		.target = target,
		.endpoint = endpoint,
		.limit = limit,
		.expire_kind = OUTCOME_CONNECT_TIMEOUT,
		.state = state,
		.done = done,
		.arg = arg,
	};
	if (address)
		probe->address_copy = *address;
	probe->address = address ? &probe->address_copy : NULL;
	loop_timer_init(loop, &probe->deadline, probe_on_deadline, probe);
	loop_timer_init(loop, &probe->deliver, probe_on_deliver, probe);
}

void probe_start(struct probe *probe)
{
	probe->started = true;
	probe->protocol->start(probe);
	if (!probe->finished)
		loop_timer_set(&probe->deadline, probe->limit);
}

void probe_release(struct probe *probe)
{
	loop_timer_clear(&probe->deadline);
	loop_timer_clear(&probe->deliver);
	if (probe->started)
		probe->protocol->stop(probe);
	probe->started = false;
	free(probe->found_host);
	probe->found_host = NULL;
}

bool probe_is_connected(const struct probe *probe)
{
	return outcome_info(probe->expire_kind)->answers;
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

const struct protocol *probe_protocol(const struct target *target, bool found)
{
	const struct protocol *protocol = target->scheme->protocol;

	return found && protocol->found ? protocol->found : protocol;
}

bool probe_refer(struct probe *probe, const char *host, uint16_t port)
{
	if (!endpoint_is_place(host, port))
		return false;
	free(probe->found_host);
	probe->found_host = alloc_text(host);
	probe->found_port = port;
	return true;
}

/* Memory that the attempts of one protocol share. */
struct probe_shared {
	const struct protocol *protocol;
	struct probe_shared *next;
	max_align_t memory[];
};

void *probe_share(struct probe *probe, size_t size)
{
	struct probe_shared *shared = *probe->shared;

	while (shared && shared->protocol != probe->protocol)
		shared = shared->next;
	if (!shared) {
		shared = alloc_zero(1, sizeof(*shared) + size);
		shared->protocol = probe->protocol;
		shared->next = *probe->shared;
		*probe->shared = shared;
	}
	return shared->memory;
}

void probe_free_shared(struct probe_shared **list)
{
	while (*list) {
		struct probe_shared *shared = *list;

		*list = shared->next;
		free(shared);
	}
}

void probe_expire_as(struct probe *probe, enum outcome_kind kind, const char *text)
{
	probe->expire_kind = kind;
	probe->expire_text = text;
}
