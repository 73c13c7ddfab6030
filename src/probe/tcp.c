/*
 * tcp://: a target is ready when its port accepts a connection and keeps it. FACTS 17-21, 53.
 * With send, expect or TLS it is a dialog, and tcpcheck says what about.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "attempt/probe.h"
#include "base/clock.h"
#include "net/held.h"
#include "net/stream.h"
#include "probe/gateway.h"
#include "probe/portproxy.h"
#include "probe/tcpcheck.h"
#include "target/scheme.h"

/*
 * How long a connection must stay open elsewhere. A balancer without a server behind it, and a service mesh's proxy, accept
 * and then close; 999 of 1,000 within 4.7 ms on a busy machine (FACTS 53). Their FIN needs as long as the connecting did.
 */
#define TCP_STAY_DELAY (5 * CLOCK_MS)

/* A connection that took longer waited for a lost packet, and not for the way. */
#define TCP_TOOK_MAX (500 * CLOCK_MS)

/*
 * How long a connection over loopback must stay open, and one to the gateway, which is the host of a container. Docker's
 * proxy for published ports listens at both, and accepts before it has a connection to the container. If nothing listens
 * in the container, it closes within 0.2 to 0.4 ms (FACTS 17).
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

struct tcp_params {
	struct tcpcheck_params check;
};

static const struct options_row tcp_rows[] = {
	{
		.key = "stay",
		.type = OPTIONS_DURATION,
		.value = 1,
		.arg = "TIME",
		.offset = offsetof(struct tcp_params, check.stay),
		.help = "how long the connection must stay open; default: 5ms, or twice the time that connecting took; "
			"20ms on loopback and at the gateway",
	},
	{
		.key = "send",
		.type = OPTIONS_TEXT,
		.arg = "TEXT",
		.offset = offsetof(struct tcp_params, check.send),
		.help = "what is said; without expect any reply will do",
		.secret = true, /* it may be a login */
		.takes_lines = true,
	},
	{
		.key = "expect",
		.type = OPTIONS_TEXT,
		.arg = "REGEX",
		.offset = offsetof(struct tcp_params, check.expect),
		.help = "what the reply must match; without send the service speaks first",
		.takes_lines = true,
	},
};
static const struct options_table tcp_table = {tcp_rows, sizeof(tcp_rows) / sizeof(tcp_rows[0])};

/* What the attempts share: what was read of this machine. */
struct tcp_machine {
	struct portproxy proxies;
	struct gateway gateways;
};

struct tcp_state {
	struct stream stream;
	struct held_question question;
	struct loop_timer trust; /* runs while the connection must stay open */
	int64_t began;           /* when connecting began */
	int64_t connected;       /* when it was opened */
	bool knows_delay;        /* the timer runs for all that is left */
	bool asked;              /* whoever may hold the connection */
};

/* The state of an attempt, by what tcp_checks says. */
union tcp_either {
	struct tcp_state open;
	struct dialog_state check;
};

/* Does the target have send or expect, or TLS? Only then it has a plan. */
static bool tcp_checks(const struct target *target)
{
	return target->plan != NULL;
}

static void tcp_finish(struct probe *probe, enum outcome_kind kind)
{
	struct outcome outcome = outcome_make(kind, NULL);

	probe_finish(probe, &outcome);
}

/*
 * A waitfor has the port (--hold), and says how far the connection got. If it says nothing the connection is none of its own, or it
 * ends: then so does the connection.
 */
static void tcp_on_answer(void *arg, enum outcome_kind kind)
{
	struct probe *probe = arg;
	struct tcp_state *state = probe->state;
	struct outcome outcome = outcome_make(kind, kind == OUTCOME_FULL ? "waitfor --hold takes no more"
									 : "waitfor --hold waits for the service");

	held_drop(&state->question);
	if (kind == OUTCOME_NONE)
		loop_timer_set(&state->trust, TCP_TRUST_DELAY);
	else if (kind == OUTCOME_READY)
		tcp_finish(probe, kind);
	else
		probe_finish(probe, &outcome);
}

/* The connection stays open. That is enough, unless it is a waitfor that has accepted it. */
static void tcp_settle(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	bool asks = address_is_loopback(probe->address) && !state->asked;
	int asked = asks ? held_ask(&state->question, probe->loop, state->stream.fd, tcp_on_answer, probe) : 0;
	struct outcome lack;

	state->asked = true;
	if (asked < 0) {
		lack = outcome_from_errno(errno);
		probe_finish(probe, &lack);
	} else if (asked) {
		probe_expire_as(probe, OUTCOME_SILENT, "waitfor --hold has not passed on the connection");
	} else {
		tcp_finish(probe, OUTCOME_READY);
	}
}

/* Returns how long a connection over loopback must stay open. */
static int64_t tcp_loopback_delay(struct probe *probe)
{
	static const int64_t delays[PORTPROXY_KINDS] = {
		[PORTPROXY_NONE] = TCP_TRUST_DELAY,
		[PORTPROXY_DOCKER] = TCP_TRUST_DELAY,
		[PORTPROXY_ROOTLESS] = TCP_ROOTLESS_DELAY,
	};
	const struct tcp_state *state = probe->state;
	struct tcp_machine *machine = probe_share(probe, sizeof(*machine));
	enum portproxy_kind kind =
		portproxy_at(&machine->proxies, "/proc", address_port(probe->address), state->connected);

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
	const struct tcp_machine *machine = probe_share(probe, sizeof(*machine));
	int64_t left = state->knows_delay ? 0 : portproxy_due(&machine->proxies, state->connected, clock_now());

	if (!left && !state->knows_delay) {
		left = tcp_loopback_delay(probe) - TCP_TRUST_DELAY;
		state->knows_delay = true;
	}
	if (left)
		loop_timer_set(&state->trust, left);
	else
		tcp_settle(probe);
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

/* Returns how long the connection must stay open, as far as its address tells. */
static int64_t tcp_delay(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	const struct tcp_params *params = probe->target->params.fields;
	struct tcp_machine *machine = probe_share(probe, sizeof(*machine));
	int64_t took = state->connected - state->began;

	state->knows_delay = true;
	if (params->check.stay)
		return params->check.stay;
	if (address_is_loopback(probe->address)) {
		state->knows_delay = false; /* tcp_on_trust finds out whether a proxy listens there */
		return TCP_TRUST_DELAY;
	}
	if (took > TCP_TOOK_MAX)
		took = TCP_TOOK_MAX;
	if (gateway_is(&machine->gateways, "/proc", probe->address))
		return TCP_TRUST_DELAY > 2 * took ? TCP_TRUST_DELAY : 2 * took;
	return TCP_STAY_DELAY > 2 * took ? TCP_STAY_DELAY : 2 * took;
}

static void tcp_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct tcp_state *state = probe->state;

	probe_expire_as(probe, OUTCOME_SILENT, "waiting to see whether the connection stays open");
	state->connected = clock_now();
	loop_timer_set(&state->trust, tcp_delay(probe));
	stream_watch(&state->stream, tcp_on_readable);
}

static void tcp_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

static int tcp_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct tcp_params *params = target->params.fields;

	(void)env;
	(void)log;
	if (target->has_user || strcspn(target->tail, "?") > 1)
		return errors_set(err, "tcp:// takes a host and a port, and perhaps ?stay=TIME or "
				       "?send=TEXT&expect=REGEX; write tcp://host:port");
	if (params->check.stay && params->check.stay >= target->settings.attempt_timeout)
		return errors_set(err, "stay must be shorter than the time for one attempt; add --attempt-timeout %ds",
				  (int)(params->check.stay / CLOCK_S + 2));
	if (target->endpoint_count > 1)
		return errors_set(err, "tcp:// takes one host; write several targets instead of a ','");
	if (target->endpoint_count && endpoint_family(target->endpoints[0].host) == AF_UNIX)
		return errors_set(err, "tcp:// takes a host, not a path; write tcp://host:port");
	if (!params->check.send && !params->check.expect && !security_is_on(&target->security))
		return 0;
	if (params->check.stay && (params->check.send || params->check.expect))
		return errors_set(err, "stay is for a port that says nothing; leave it out, or send and expect");
	return tcpcheck_bind(target, &params->check, err);
}

static void tcp_start(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	struct outcome outcome;

	if (tcp_checks(probe->target)) {
		dialog_start(probe);
		return;
	}
	state->stream.fd = -1;
	state->began = clock_now();
	loop_timer_init(probe->loop, &state->trust, tcp_on_trust, probe);
	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, tcp_on_connected,
				 tcp_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void tcp_stop(struct probe *probe)
{
	struct tcp_state *state = probe->state;

	if (tcp_checks(probe->target)) {
		dialog_stop(probe);
		return;
	}
	loop_timer_clear(&state->trust);
	held_drop(&state->question);
	stream_close(&state->stream);
}

static const struct protocol tcp_protocol = {
	.dialog = &tcpcheck_dialog,
	.state_size = sizeof(union tcp_either),
	.bind = tcp_bind,
	.unbind = tcpcheck_unbind,
	.start = tcp_start,
	.stop = tcp_stop,
};

const struct scheme scheme_tcp = {
	.name = "tcp",
	.summary = "the port accepts connections and keeps them open; ?expect: the reply matches",
	.example = "tcp://host:port",
	.tls = SCHEME_TLS,
	.tls_name = "tls",
	.params = &tcp_table,
	.params_size = sizeof(struct tcp_params),
	.protocol = &tcp_protocol,
};
