#include "attempt/connector.h"

#include <stddef.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "net/stream.h"
#include "target/scheme.h"

struct connector_state {
	struct stream stream;
};

static void connector_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct connector_state *state = probe->state;
	struct connector *connector = probe->target->plan;
	struct outcome outcome = outcome_make(OUTCOME_READY, NULL);
	int fd = stream_release(&state->stream);

	if (connector->fd >= 0)
		close(fd); /* two addresses on one turn: the first is taken */
	else
		connector->fd = fd;
	probe_finish(probe, &outcome);
}

static void connector_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

static void connector_start(struct probe *probe)
{
	struct connector_state *state = probe->state;
	struct outcome outcome;

	state->stream.fd = -1;
	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, connector_on_connected,
				 connector_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void connector_stop(struct probe *probe)
{
	struct connector_state *state = probe->state;

	stream_close(&state->stream);
}

static const struct protocol connector_protocol = {
	.state_size = sizeof(struct connector_state),
	.start = connector_start,
	.stop = connector_stop,
};

/* Of no URL. */
static const struct scheme connector_scheme = {.name = "tcp", .protocol = &connector_protocol};

static void connector_on_done(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct connector *connector = arg;
	int fd = connector->fd;

	(void)place;
	connector->fd = -1;
	connector->done(connector->arg, fd, outcome); /* may free the connector */
}

/* Never: each connector makes one attempt. */
static void connector_on_early(void *arg)
{
	(void)arg;
}

void connector_open(struct connector *connector, struct runner_pool *pool, const struct target *target,
		    const struct endpoint *endpoint, void (*done)(void *arg, int fd, const struct outcome *outcome),
		    void *arg)
{
	const struct attempt_owner owner = {.done = connector_on_done, .early = connector_on_early, .arg = connector};

	*connector = (struct connector){.endpoint = *endpoint, .fd = -1, .done = done, .arg = arg};
	connector->target = (struct target){.text = target->text,
					    .scheme = &connector_scheme,
					    .endpoints = &connector->endpoint,
					    .endpoint_count = 1,
					    .settings = target->settings,
					    .plan = connector};
	connector->attempt = attempt_new(pool, &connector->target, false, &owner);
	attempt_start(connector->attempt, target->settings.attempt_timeout, 0, false);
}

void connector_close(struct connector *connector)
{
	attempt_free(connector->attempt);
	connector->attempt = NULL;
	if (connector->target.scheme && connector->fd >= 0)
		close(connector->fd);
	connector->fd = -1;
}
