/* tcp://: a target is ready when its port accepts a connection. FACTS 17-21. */
#include <errno.h>
#include <sys/socket.h>

#include "attempt/probe.h"
#include "base/clock.h"
#include "net/stream.h"
#include "probe/portproxy.h"
#include "target/scheme.h"

/*
 * How long a connection over loopback must stay open. Docker's proxy for published ports listens there, and accepts
 * before it has a connection to the container. If nothing listens in the container, it closes within 0.2 to 0.4 ms
 * (FACTS 17).
 */
#define TCP_TRUST_DELAY (20 * CLOCK_MS)

/*
 * The same for a port of a rootless proxy. It tries to connect again and again, and closes after 187 to 189 ms (FACTS 51).
 * A busy machine may take twice as long.
 */
#define TCP_ROOTLESS_DELAY (400 * CLOCK_MS)

/*
 * The same for a port of a proxy that has just opened: its container is starting. docker-proxy listens before the
 * container has a network interface, and its own connection to the container then hangs: 170 to 240 ms on an idle
 * machine, or up to a second, until its first packet is sent again (FACTS 45).
 */
#define TCP_PROXY_DELAY (1500 * CLOCK_MS)

struct tcp_state {
	struct stream stream;
	struct loop_timer trust; /* runs while the connection must stay open */
	int64_t connected;       /* when it was opened */
	bool knows_delay;        /* the timer runs for what is left of tcp_delay */
};

static void tcp_finish(struct probe *probe, enum outcome_kind kind)
{
	struct outcome outcome = outcome_make(kind, NULL);

	probe_finish(probe, &outcome);
}

/* Returns how long the connection must stay open. All attempts share what was read of the proxies. */
static int64_t tcp_delay(struct probe *probe)
{
	static const int64_t delays[PORTPROXY_KINDS] = {
		[PORTPROXY_NONE] = TCP_TRUST_DELAY,
		[PORTPROXY_DOCKER] = TCP_TRUST_DELAY,
		[PORTPROXY_ROOTLESS] = TCP_ROOTLESS_DELAY,
	};
	const struct tcp_state *state = probe->state;
	struct portproxy *known = probe_share(probe, sizeof(*known));
	enum portproxy_kind kind = portproxy_at(known, "/proc", address_port(probe->address), state->connected);

	return kind != PORTPROXY_NONE && probe->last == OUTCOME_REFUSED ? TCP_PROXY_DELAY : delays[kind];
}

/*
 * The connection has stayed open for TCP_TRUST_DELAY. Only now is it worth finding out whether a proxy accepted it, and
 * one reading of the proxies serves all connections that were opened in the meantime.
 */
static void tcp_on_trust(void *arg)
{
	struct probe *probe = arg;
	struct tcp_state *state = probe->state;
	int64_t left = state->knows_delay ? 0 : tcp_delay(probe) - TCP_TRUST_DELAY;

	state->knows_delay = true;
	if (left)
		loop_timer_set(&state->trust, left);
	else
		tcp_finish(probe, OUTCOME_READY);
}

/* While the timer runs: data proves that the service is up, and a closed connection that it is not. */
static void tcp_on_readable(void *arg)
{
	struct probe *probe = arg;
	struct tcp_state *state = probe->state;
	char data[512];
	ssize_t got = stream_read(&state->stream, data, sizeof(data));

	if (got < 0 && errno == EAGAIN)
		return;
	loop_timer_clear(&state->trust);
	loop_watch_clear(&state->stream.watch);
	tcp_finish(probe, got > 0 ? OUTCOME_READY : got == 0 ? OUTCOME_CLOSED : OUTCOME_RESET);
}

static void tcp_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct tcp_state *state = probe->state;

	if (!address_is_loopback(probe->address)) {
		tcp_finish(probe, OUTCOME_READY);
		return;
	}
	probe_expire_as(probe, OUTCOME_SILENT, "waiting to see whether the connection stays open");
	state->connected = clock_now();
	loop_timer_set(&state->trust, TCP_TRUST_DELAY);
	stream_watch(&state->stream, tcp_on_readable);
}

static void tcp_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

static int tcp_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	(void)env;
	(void)log;
	if (target->has_user || (target->tail[0] && target->tail[1]))
		return errors_set(err, "tcp:// takes a host and a port and nothing else; write tcp://host:port");
	if (target->endpoint_count > 1)
		return errors_set(err, "tcp:// takes one host; write several targets instead of a ','");
	if (target->endpoint_count && target_host_family(target->endpoints[0].host) == AF_UNIX)
		return errors_set(err, "tcp:// takes a host, not a path; write tcp://host:port");
	return 0;
}

static void tcp_start(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	struct outcome outcome;

	state->stream.fd = -1;
	loop_timer_init(probe->loop, &state->trust, tcp_on_trust, probe);
	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, tcp_on_connected,
				 tcp_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void tcp_stop(struct probe *probe)
{
	struct tcp_state *state = probe->state;

	loop_timer_clear(&state->trust);
	stream_close(&state->stream);
}

static const struct protocol tcp_protocol = {
	.state_size = sizeof(struct tcp_state),
	.bind = tcp_bind,
	.start = tcp_start,
	.stop = tcp_stop,
};

const struct scheme scheme_tcp = {
	.name = "tcp",
	.summary = "the port accepts connections",
	.example = "tcp://host:port",
	.protocol = &tcp_protocol,
};
