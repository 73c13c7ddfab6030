/*
 * grpc:// and grpcs://: ready when the health service says SERVING. The request is HTTP/2, which only the TLS flavour speaks.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/percent.h"
#include "net/fetch.h"
#include "net/stream.h"
#include "probe/grpc/grpcjudge.h"
#include "probe/http/httpplan.h"
#include "target/scheme.h"
#include "target/security.h"

/* So much of a reply is read: a message of one field takes less. */
enum { GRPC_REPLY_MAX = 4096 };

struct grpc_state {
	struct stream stream;
	struct fetch fetch;
	struct buf body;
	const char **headers;
	char *url;
};

static bool grpc_has_login(const struct target *target)
{
	const struct http_params *params = target->params.fields;

	return params->headers.count || target->security.cert;
}

static void grpc_on_done(void *arg, const struct outcome *failure)
{
	struct probe *probe = arg;
	const struct grpc_state *state = probe->state;
	struct outcome outcome =
		failure ? *failure : grpcjudge_reply(&state->fetch.reply, grpc_has_login(probe->target));

	probe_finish(probe, &outcome);
}

static void grpc_on_headed(void *arg)
{
	probe_expire_as(arg, OUTCOME_STARTING, "the reply is not complete");
}

/* Makes the request. The headers of the user's come last. */
static void grpc_on_connected(void *arg)
{
	static const char *const own[] = {"Content-Type: " GRPCJUDGE_TYPE, "TE: trailers"};
	enum { OWN = sizeof(own) / sizeof(own[0]) };
	struct probe *probe = arg;
	struct grpc_state *state = probe->state;
	const struct httpplan *plan = probe->target->plan;
	const struct http_params *params = plan->params;
	const struct security *security = &probe->target->security;
	size_t count = params->headers.count;
	struct fetch_request request = {
		.url = state->url,
		.header_count = OWN + count,
		.host = params->host,
		.http2 = true,
		.insecure = security->insecure,
		.ca_file = security->ca_file,
		.trust = probe->tls,
		.cert = security->cert,
		.key = security->key,
	};
	struct outcome outcome;

	state->headers = alloc_zero(OWN + count, sizeof(*state->headers));
	memcpy(state->headers, own, sizeof(own));
	if (count)
		memcpy(state->headers + OWN, params->headers.items, count * sizeof(*state->headers));
	request.headers = state->headers;
	request.body = state->body.data;
	request.body_len = state->body.len;
	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	outcome = fetch_start(&state->fetch, probe->loop, stream_release(&state->stream), &request, GRPC_REPLY_MAX,
			      grpc_on_headed, grpc_on_done, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void grpc_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

/* Returns the name of the service, "" for the whole server; NULL if it holds %00. The caller's. */
static char *grpc_service(const struct target *target)
{
	const char *name = target->tail + (target->tail[0] == '/');

	return percent_decode(name, strcspn(name, "?"));
}

static void grpc_start(struct probe *probe)
{
	struct grpc_state *state = probe->state;
	char *service;
	struct outcome outcome;

	state->stream.fd = -1;
	state->fetch.fd = -1;
	if (!SECURITY_IS_BUILT_IN)
		return; /* bind has refused it. So the tiny flavour does not carry what follows. */
	service = grpc_service(probe->target);
	grpcjudge_ask(&state->body, service);
	state->url = httpplan_url(probe->target, probe->endpoint);
	free(service);
	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, grpc_on_connected,
				 grpc_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void grpc_stop(struct probe *probe)
{
	if (SECURITY_IS_BUILT_IN) {
		struct grpc_state *state = probe->state;

		fetch_stop(&state->fetch);
		stream_close(&state->stream);
		buf_release(&state->body);
		free(state->headers);
		free(state->url);
	}
}

static int grpc_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	char *service;

	(void)env;
	if (dialog_check_host(target, err))
		return -1;
	if (target->has_user)
		return errors_set(err,
				  "%s:// takes no user; a login is a header: ?header=Authorization:Bearer%%20TOKEN",
				  target->scheme->name);
	service = grpc_service(target);
	free(service);
	if (!service)
		return errors_set(err, "a service cannot hold %%00; write %s", target->scheme->example);
	if (!SECURITY_IS_BUILT_IN)
		return errors_set(err, "%s:// needs a part that this waitfor is built without; use waitfor-tls",
				  target->scheme->name);
	return httpplan_make(target, "/grpc.health.v1.Health/Check", log, err);
}

static const struct protocol grpc_protocol = {
	.state_size = sizeof(struct grpc_state),
	.bind = grpc_bind,
	.unbind = httpplan_free,
	.start = grpc_start,
	.stop = grpc_stop,
};

const struct scheme scheme_grpc = {
	.name = "grpc",
	.summary = "the health service says SERVING (waitfor-tls)",
	.example = "grpc://host:port/service",
	.tls = SCHEME_TLS,
	.tls_name = "grpcs",
	.params = &httpplan_call_table,
	.params_size = sizeof(struct http_params),
	.protocol = &grpc_protocol,
};
