/*
 * consul://service: the registry of Consul knows an instance of the service that passes all its checks. Its place is exported.
 * https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cjson/cJSON.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"
#include "probe/unixpath.h"
#include "probe/webask.h"
#include "system/textfile.h"
#include "target/scheme.h"

/* Bytes. An instance has about 2 kB. */
enum { CONSUL_TOKEN_MAX = 4096, CONSUL_REPLY_MAX = FETCH_BODY_MAX, CONSUL_PORT = 8500 };

struct consul_params {
	struct options_list tags;
	const char *dc, *agent, *token_file; /* NULL: not given */
};

static const struct options_row consul_rows[] = {
	{.key = "tag",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct consul_params, tags),
	 .arg = "TAG",
	 .help = "the instance must have this tag; can be repeated"},
	{.key = "dc",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct consul_params, dc),
	 .arg = "NAME",
	 .help = "the datacenter; without it that of the agent"},
	{.key = "agent",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct consul_params, agent),
	 .arg = "HOST:PORT",
	 .secret = true, /* somebody may put a password into it, which is then refused */
	 .help = "who is asked; without it CONSUL_HTTP_ADDR, or 127.0.0.1:8500"},
	{.key = "token-file",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct consul_params, token_file),
	 .arg = "FILE",
	 .names_file = true,
	 .help = "holds the token; without it CONSUL_HTTP_TOKEN_FILE or CONSUL_HTTP_TOKEN"},
};
static const struct options_table consul_table = {consul_rows, sizeof(consul_rows) / sizeof(consul_rows[0])};

struct consul_plan {
	char *url;
	char *header; /* with the token, or NULL */
	struct fetch_request request;
};

/* Returns a text of an object, "" if it has none. */
static const char *consul_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

/* Does each check of the instance pass? "?passing" would not tell whether there are others. */
static bool consul_passes(const cJSON *instance)
{
	const cJSON *check;

	cJSON_ArrayForEach(check, cJSON_GetObjectItemCaseSensitive(instance, "Checks"))
	{
		if (strcmp(consul_text(check, "Status"), "passing") != 0)
			return false;
	}
	return true;
}

/* Returns one of the instances that pass, each with the same chance, so that not all clients use the first; or NULL. */
static const cJSON *consul_choose(const cJSON *instances)
{
	const cJSON *instance, *chosen = NULL;
	uint32_t passing = 0, random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	cJSON_ArrayForEach(instance, instances)
	{
		passing += consul_passes(instance);
	}
	random = passing ? random % passing : 0;
	cJSON_ArrayForEach(instance, instances)
	{
		if (consul_passes(instance) && random-- == 0)
			chosen = instance;
	}
	return chosen;
}

/* There is no instance that passes. */
static struct outcome consul_lack(const struct probe *probe, const cJSON *instances, const struct fetch_reply *reply)
{
	static const char filtered[] = "X-Consul-Results-Filtered-By-ACLs";
	const struct consul_params *params = probe->target->params.fields;
	size_t len;

	if (cJSON_GetArraySize(instances))
		return outcome_make(OUTCOME_STARTING, "no instance passes its checks; registered: %d",
				    cJSON_GetArraySize(instances));
	if (fetch_header(reply, filtered, sizeof(filtered) - 1, NULL, &len))
		return outcome_make(OUTCOME_DENIED, "the token may not see the service");
	return outcome_make(OUTCOME_STARTING, "no instance is registered%s",
			    params->tags.count ? " with that tag" : "");
}

static struct outcome consul_judge_list(struct probe *probe, const cJSON *instances, const struct fetch_reply *reply)
{
	const cJSON *instance = consul_choose(instances), *service, *port;
	const char *host;

	if (!instance)
		return consul_lack(probe, instances, reply);
	service = cJSON_GetObjectItemCaseSensitive(instance, "Service");
	port = cJSON_GetObjectItemCaseSensitive(service, "Port");
	host = consul_text(service, "Address");
	if (!*host)
		host = consul_text(cJSON_GetObjectItemCaseSensitive(instance, "Node"), "Address");
	if (!cJSON_IsNumber(port) || port->valueint < 1 || port->valueint > UINT16_MAX ||
	    !probe_refer(probe, host, (uint16_t)port->valueint))
		return outcome_make(OUTCOME_UNSUITABLE, "its instance has no address with a port");
	return outcome_make(OUTCOME_READY, NULL);
}

static struct outcome consul_judge(struct probe *probe, const struct fetch_reply *reply)
{
	const char *said = reply->body.len ? reply->body.data : "";
	struct outcome outcome;
	cJSON *instances;

	if (reply->status == 403)
		return outcome_make(OUTCOME_DENIED, "the token is wrong, or may not see the service");
	if (reply->status != 200)
		return outcome_make(OUTCOME_STARTING, "the agent answers with status %d: %.*s", reply->status,
				    (int)strcspn(said, "\r\n"), said);
	if (reply->cut)
		return outcome_make(OUTCOME_GARBLED, "its reply is longer than %d kB", CONSUL_REPLY_MAX / 1024);
	instances = cJSON_ParseWithLength(said, reply->body.len);
	outcome = cJSON_IsArray(instances) ? consul_judge_list(probe, instances, reply)
					   : outcome_make(OUTCOME_GARBLED, "it lists no instances");
	cJSON_Delete(instances);
	return outcome;
}

static void consul_start(struct probe *probe)
{
	const struct consul_plan *plan = probe->target->plan;

	webask_start(probe, probe->address, &plan->request, CONSUL_REPLY_MAX, consul_judge);
}

/* The place that Consul named: it passes its checks, and its host has this address. */
static void consul_start_found(struct probe *probe)
{
	struct outcome ready = outcome_make(OUTCOME_READY, NULL);

	probe_finish(probe, &ready);
}

static void consul_stop_found(struct probe *probe)
{
	(void)probe;
}

/* Returns the value of a variable; NULL if it is unset or empty. */
static const char *consul_variable(const struct env *env, const char *name)
{
	const char *value = env_get(env, name);

	return value && *value ? value : NULL;
}

/* Makes the endpoint of the agent from "host:port" or "unix:///path", and sets *tls for an agent of https. */
static int consul_bind_agent(struct target *target, const struct env *env, bool *tls, struct error *err)
{
	const struct consul_params *params = target->params.fields;
	const char *agent = params->agent ? params->agent : consul_variable(env, "CONSUL_HTTP_ADDR");
	const char *ssl = consul_variable(env, "CONSUL_HTTP_SSL");

	agent = agent ? agent : "127.0.0.1";
	*tls = strncasecmp(agent, "https://", 8) == 0 ||
	       (ssl && (strcasecmp(ssl, "true") == 0 || strcmp(ssl, "1") == 0));
	if (strncasecmp(agent, "unix:///", 8) == 0)
		return unixpath_set(target, alloc_text(agent + 7), err);
	agent += strncasecmp(agent, "http://", 7) == 0 ? 7 : strncasecmp(agent, "https://", 8) == 0 ? 8 : 0;
	if (strchr(agent, '@') || strlen(agent) > strcspn(agent, "/") + 1) /* not quoted: it may hold a password */
		return errors_set(err, "it holds more than a host and a port; write host:port");
	target->endpoints = alloc_zero(1, sizeof(*target->endpoints));
	if (endpoint_parse(target->endpoints, agent, strcspn(agent, "/"), err))
		return -1;
	target->endpoint_count = 1;
	if (!target->endpoints->port)
		target->endpoints->port = CONSUL_PORT;
	return 0;
}

/* The file comes first, as for Consul's own client: https://developer.hashicorp.com/consul/commands#environment-variables */
static int consul_bind_token(const struct target *target, const struct env *env, struct error *err)
{
	const struct consul_params *params = target->params.fields;
	struct consul_plan *plan = target->plan;
	const char *file = params->token_file ? params->token_file : consul_variable(env, "CONSUL_HTTP_TOKEN_FILE");
	const char *token = consul_variable(env, "CONSUL_HTTP_TOKEN");
	size_t len = token ? strlen(token) : 0;
	char *text = NULL;

	if (file && !(text = textfile_read(file, CONSUL_TOKEN_MAX, &len)))
		return errors_set(err, "the token's file %s cannot be read; name a file that holds the token", file);
	token = text ? text + strspn(text, " \t\r\n") : token;
	len = token ? strcspn(token, " \t\r\n") : 0;
	if (len && !token[len + strspn(token + len, " \t\r\n")])
		plan->header = alloc_format("X-Consul-Token: %.*s", (int)len, token);
	free(text);
	if ((file || token) && !plan->header)
		return errors_set(err, "the token in %s is no word; name what holds the token alone",
				  file ? file : "CONSUL_HTTP_TOKEN");
	return 0;
}

static void consul_add_parameter(struct buf *url, const char *key, const char *value)
{
	buf_add_text(url, strchr(url->data, '?') ? "&" : "?");
	buf_add_text(url, key);
	percent_encode(url, value);
}

static char *consul_url(const struct target *target, bool tls)
{
	const struct consul_params *params = target->params.fields;
	const struct endpoint *agent = target->endpoints;
	bool is_v6 = endpoint_family(agent->host) == AF_INET6;
	struct buf url = {0};
	char *start = agent->port ? alloc_format(is_v6 ? "%s://[%.*s]:%u" : "%s://%.*s:%u", tls ? "https" : "http",
						 (int)strcspn(agent->host, "%"), agent->host, (unsigned)agent->port)
				  : alloc_text("http://localhost");

	buf_add_text(&url, start);
	free(start);
	buf_add_text(&url, "/v1/health/service/");
	buf_add_text(&url, target->subject);
	for (size_t i = 0; i < params->tags.count; i++)
		consul_add_parameter(&url, "tag=", params->tags.items[i]);
	if (params->dc)
		consul_add_parameter(&url, "dc=", params->dc);
	return buf_detach(&url);
}

static int consul_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct consul_plan *plan = target->plan = alloc_zero(1, sizeof(*plan));
	const struct consul_params *params = target->params.fields;
	const char *verify = consul_variable(env, "CONSUL_HTTP_SSL_VERIFY");
	size_t len = 0;
	bool tls;

	(void)log;
	while (isalnum((unsigned char)target->tail[len]) || (target->tail[len] && strchr("_.-", target->tail[len])))
		len++;
	if (!len || (target->tail[len] && target->tail[len] != '?'))
		return errors_set(err, "this is not the name of a service; write %s", target->scheme->example);
	target->subject = alloc_slice(target->tail, len);
	target->is_elsewhere = true;
	if (consul_bind_agent(target, env, &tls, err))
		return errors_prefix(err, params->agent ? "parameter agent" : "CONSUL_HTTP_ADDR");
	if (tls && !SECURITY_IS_BUILT_IN)
		return errors_set(err,
				  "an agent of https needs a part that this waitfor is built without; use waitfor-tls");
	if (consul_bind_token(target, env, err))
		return -1;
	plan->url = consul_url(target, tls);
	plan->request = (struct fetch_request){
		.url = plan->url,
		.headers = (const char *const *)&plan->header,
		.header_count = plan->header ? 1 : 0,
		.ca_file = consul_variable(env, "CONSUL_CACERT"),
		.insecure = verify && (strcasecmp(verify, "false") == 0 || strcmp(verify, "0") == 0),
	};
	return 0;
}

static void consul_unbind(struct target *target)
{
	struct consul_plan *plan = target->plan;

	if (plan) {
		free(plan->url);
		free(plan->header);
	}
	free(plan);
	target->plan = NULL;
}

static const struct protocol consul_found = {
	.state_size = 1,
	.start = consul_start_found,
	.stop = consul_stop_found,
};

static const struct protocol consul_protocol = {
	.state_size = sizeof(struct webask),
	.found = &consul_found,
	.bind = consul_bind,
	.unbind = consul_unbind,
	.start = consul_start,
	.stop = webask_stop,
};

const struct scheme scheme_consul = {
	.name = "consul",
	.summary = "Consul knows an instance of the service that passes its checks",
	.example = "consul://service",
	.needs = SCHEME_NEEDS_WORD,
	.params = &consul_table,
	.params_size = sizeof(struct consul_params),
	.protocol = &consul_protocol,
};
