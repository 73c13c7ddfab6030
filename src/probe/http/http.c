/*
 * http://, https:// and http+unix://, and services whose health is asked for by HTTP: ready when the reply has a wanted
 * status, and the body and headers that the URL asks for. RFC 9110, 9112, 9113. Without other words 200 to 399 is wanted, as
 * Kubernetes' probes do: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "attempt/dialog.h"
#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/percent.h"
#include "net/fetch.h"
#include "net/stream.h"
#include "net/weburl.h"
#include "probe/http/httpjudge.h"
#include "probe/http/httpplan.h"
#include "probe/unixpath.h"
#include "target/scheme.h"
#include "target/security.h"

/* A body that decides nothing is read so long, so that the service can finish what it says. */
#define HTTP_POLITE_TIME (100 * CLOCK_MS)

struct http_state {
	struct stream stream;
	struct fetch fetch;
	struct address address; /* where this request goes; a redirect may change its port */
	char *url;              /* of this request */
	int redirects;          /* how many were followed */
	unsigned port;          /* of the last one */
	bool foreign;           /* one led to another port, or to TLS */
	bool bare;              /* one asks for a GET without a body */
	struct loop_timer polite;
};

static void http_request(struct probe *probe);

static void http_finish(struct probe *probe, const struct outcome *outcome)
{
	struct http_state *state = probe->state;

	loop_timer_clear(&state->polite);
	probe_finish(probe, outcome);
}

/* Is the reply a redirect that is to be followed? One whose status the URL lists is what it waits for. */
static bool http_moves(const struct probe *probe)
{
	const struct httpplan *plan = probe->target->plan;
	const struct http_state *state = probe->state;
	int status = state->fetch.reply.status;

	if (!state->fetch.head_over || !plan->params->follow || (plan->params->status && plan->wanted[status]))
		return false;
	return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* May the redirect be followed from one URL to the other? A probe looks no other host up, and keeps to TLS. */
static bool http_may_go(const struct probe *probe, const struct weburl *from, const struct weburl *to)
{
	const struct http_state *state = probe->state;
	bool tls = strcmp(to->scheme, "https") == 0, same_port = to->port == from->port;

	if (strcasecmp(from->host, to->host) != 0 || !to->port || (!tls && strcmp(to->scheme, "http") != 0))
		return false;
	if (tls ? !SECURITY_IS_BUILT_IN : strcmp(from->scheme, "https") == 0)
		return false;
	return state->address.any.sa_family != AF_UNIX || (same_port && strcmp(from->scheme, to->scheme) == 0);
}

/*
 * The next request. To another port, or over TLS where there was none, goes nothing that may be a secret; and a POST that was
 * answered by 301 to 303 becomes a GET (RFC 9110, 15.4).
 */
static void http_turn(struct probe *probe, const struct weburl *from, const struct weburl *to, char *url)
{
	const struct httpplan *plan = probe->target->plan;
	struct http_state *state = probe->state;
	const char *method = plan->params->method;

	state->foreign |= from->port != to->port || strcmp(from->scheme, to->scheme) != 0;
	state->bare |=
		state->fetch.reply.status == 303 ||
		(state->fetch.reply.status < 303 && (plan->params->body || (method && strcmp(method, "POST") == 0)));
	if (state->address.any.sa_family != AF_UNIX)
		address_set_port(&state->address, (uint16_t)to->port);
	state->port = to->port;
	state->redirects++;
	free(state->url);
	state->url = url;
	fetch_stop(&state->fetch);
	http_request(probe);
}

static void http_go_nowhere(struct probe *probe, const char *why)
{
	struct outcome outcome = outcome_make(OUTCOME_UNSUITABLE, "%s", why);

	http_finish(probe, &outcome);
}

static void http_follow(struct probe *probe)
{
	const struct httpplan *plan = probe->target->plan;
	struct http_state *state = probe->state;
	char *url = fetch_redirect(&state->fetch, state->url);
	struct weburl from = {0}, to = {0};
	struct outcome elsewhere;

	loop_timer_clear(&state->polite);
	if (state->redirects >= plan->params->follow) {
		http_go_nowhere(probe, "it redirects more often than follow allows");
	} else if (!url || !weburl_split(&to, url) || !weburl_split(&from, state->url)) {
		http_go_nowhere(probe, "it redirects to nowhere");
	} else if (http_may_go(probe, &from, &to)) {
		http_turn(probe, &from, &to, url);
		url = NULL;
	} else {
		elsewhere = outcome_make(OUTCOME_UNSUITABLE,
					 "it redirects to %.20s://%.100s:%u; wait for that as a target of "
					 "its own",
					 to.scheme, to.host, to.port);
		http_finish(probe, &elsewhere);
	}
	weburl_release(&from);
	weburl_release(&to);
	free(url);
}

static void http_judge(struct probe *probe)
{
	const struct target *target = probe->target;
	struct http_state *state = probe->state;
	bool login = target_has_user(target) || target_has_password(target);
	struct outcome outcome = httpjudge_reply(target->plan, &state->fetch.reply, login);

	http_finish(probe, &outcome);
}

static void http_on_done(void *arg, const struct outcome *failure)
{
	struct probe *probe = arg;
	struct http_state *state = probe->state;
	bool decided = state->fetch.head_over && !httpplan_reads_body(probe->target->plan);

	if (http_moves(probe))
		http_follow(probe);
	else if (failure && !decided)
		http_finish(probe, failure);
	else
		http_judge(probe);
}

static void http_on_polite(void *arg)
{
	http_judge(arg);
}

/* The head of the reply is there. A body may be endless, and decides nothing if the URL does not ask for it. */
static void http_on_headed(void *arg)
{
	struct probe *probe = arg;
	struct http_state *state = probe->state;

	probe_expire_as(probe, OUTCOME_STARTING, "the reply is not complete");
	if (http_moves(probe))
		http_follow(probe);
	else if (!httpplan_reads_body(probe->target->plan))
		loop_timer_set(&state->polite, HTTP_POLITE_TIME);
}

static void http_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct http_state *state = probe->state;
	const struct httpplan *plan = probe->target->plan;
	const struct http_params *params = plan->params;
	const struct target *target = probe->target;
	const struct security *security = &target->security;
	bool is_head = params->method && strcmp(params->method, "HEAD") == 0;
	const char *body = state->foreign || state->bare ? NULL : params->body;
	const struct fetch_request request = {
		.url = state->url,
		.method = state->bare && !is_head ? NULL : params->method,
		.headers = params->headers.items,
		.header_count = state->foreign ? 0 : params->headers.count,
		.host = state->foreign ? NULL : params->host,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.user = !state->foreign && target_has_user(target) ? target->user : NULL,
		.password = !state->foreign && target_has_password(target) ? target->password : NULL,
		.http2 = params->http2,
		.insecure = security->insecure,
		.ca_file = security->ca_file,
		.trust = probe->tls,
		.cert = state->foreign ? NULL : security->cert,
		.key = state->foreign ? NULL : security->key,
	};
	struct outcome outcome;

	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	outcome = fetch_start(&state->fetch, probe->loop, stream_release(&state->stream), &request,
			      httpplan_body_max(plan), http_on_headed, http_on_done, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

/* The connection was not made. After a redirect that says nothing against the service that sent it. */
static void http_fail(struct probe *probe, const struct outcome *outcome)
{
	const struct http_state *state = probe->state;
	struct outcome moved = outcome_make(OUTCOME_STARTING, "it redirects to port %u: %s", state->port,
					    outcome_info(outcome->kind)->text);

	probe_finish(probe, state->redirects ? &moved : outcome);
}

static void http_on_failed(void *arg, const struct outcome *outcome)
{
	http_fail(arg, outcome);
}

/* Connects for one request. */
static void http_request(struct probe *probe)
{
	struct http_state *state = probe->state;
	struct outcome outcome = stream_connect(&state->stream, probe->loop, probe->sockets, &state->address,
						http_on_connected, http_on_failed, probe);

	if (outcome.kind != OUTCOME_READY)
		http_fail(probe, &outcome);
}

static void http_start(struct probe *probe)
{
	struct http_state *state = probe->state;

	state->stream.fd = -1;
	state->fetch.fd = -1;
	state->address = *probe->address;
	state->url = httpplan_url(probe->target, probe->endpoint);
	loop_timer_init(probe->loop, &state->polite, http_on_polite, probe);
	http_request(probe);
}

static void http_stop(struct probe *probe)
{
	struct http_state *state = probe->state;

	loop_timer_clear(&state->polite);
	fetch_stop(&state->fetch);
	stream_close(&state->stream);
	free(state->url);
}

static int http_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	(void)env;
	if (dialog_check_host(target, err))
		return -1;
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (!target->endpoints[i].port)
			target->endpoints[i].port = scheme_port(target->scheme, security_is_on(&target->security));
	return httpplan_make(target, target->tail, log, err);
}

/* "http+unix:///run/app.sock:/path?parameters": the socket ends where ":/" begins the path. */
static int http_bind_unix(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const char *colon = strstr(target->tail, ":/");
	size_t query = strcspn(target->tail, "?");
	size_t len = colon && (size_t)(colon - target->tail) < query ? (size_t)(colon - target->tail) : query;
	char *path = target->tail[0] == '/' && len > 1 ? percent_decode(target->tail, len) : NULL;

	(void)env;
	if (!path)
		return errors_set(err, "the path of the socket is missing; write %s", target->scheme->example);
	if (unixpath_set(target, path, err))
		return -1;
	return httpplan_make(target, len < query ? colon + 1 : NULL, log, err);
}

static const struct protocol http_protocol = {
	.state_size = sizeof(struct http_state),
	.bind = http_bind,
	.unbind = httpplan_free,
	.start = http_start,
	.stop = http_stop,
};

static const struct protocol http_unix_protocol = {
	.state_size = sizeof(struct http_state),
	.bind = http_bind_unix,
	.unbind = httpplan_free,
	.start = http_start,
	.stop = http_stop,
};

/* What the rows below have in common. */
#define HTTP_ROW                                                                                         \
	.takes_credentials = true, .params = &httpplan_table, .params_size = sizeof(struct http_params), \
	.passes_parameters = true

const struct scheme scheme_http = {
	.name = "http",
	.summary = "the reply to a request has a status from 200 to 399",
	.example = "http://host:port/path",
	.default_port = 80,
	.tls = SCHEME_TLS_BY_NAME,
	.tls_name = "https",
	.tls_port = 443,
	HTTP_ROW,
	.protocol = &http_protocol,
};
const struct scheme scheme_https = {
	.name = "https",
	.summary = "the same over TLS (waitfor-tls)",
	.example = "https://host:port/path",
	.default_port = 443,
	.tls = SCHEME_TLS_BY_NAME,
	.tls_name = "https",
	HTTP_ROW,
	.protocol = &http_protocol,
};
const struct scheme scheme_http_unix = {
	.name = "http+unix",
	.summary = "the same over a Unix socket",
	.example = "http+unix:///run/app.sock:/path",
	HTTP_ROW,
	.needs = SCHEME_NEEDS_NOTHING,
	.protocol = &http_unix_protocol,
};

/*
 * Elasticsearch and OpenSearch: yellow means that all primary shards are there. The reply's timed_out says that the status was
 * not reached. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-health
 */
#define HTTP_CLUSTER "/_cluster/health?wait_for_status=yellow&timeout=1s&expect-json=/timed_out=false"

const struct scheme scheme_elasticsearch = {
	.name = "elasticsearch",
	.summary = "the health of the cluster is yellow or green",
	.example = "elasticsearch://host:9200",
	.default_port = 9200,
	.tls = SCHEME_TLS,
	HTTP_ROW,
	.preset = HTTP_CLUSTER,
	.protocol = &http_protocol,
};
const struct scheme scheme_opensearch = {
	.name = "opensearch",
	.summary = "the same of OpenSearch",
	.example = "opensearch://host:9200",
	.default_port = 9200,
	.tls = SCHEME_TLS,
	HTTP_ROW,
	.preset = HTTP_CLUSTER,
	.protocol = &http_protocol,
};

/* etcd: https://etcd.io/docs/v3.5/op-guide/monitoring/ "Health Check" */
const struct scheme scheme_etcd = {
	.name = "etcd",
	.summary = "the member is healthy, so the cluster has a leader",
	.example = "etcd://host:2379",
	.default_port = 2379,
	.tls = SCHEME_TLS,
	HTTP_ROW,
	.preset = "/health?expect-json=/health=true",
	.protocol = &http_protocol,
};
