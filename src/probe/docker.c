/*
 * docker://container: what the Docker Engine says of a container: it is healthy, or runs, or has ended well, as a migration
 * does. The engine is asked over its Unix socket, each time by name, so a container that is made again is followed.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerInspect
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "net/fetch.h"
#include "probe/webask.h"
#include "target/scheme.h"

static const char docker_socket[] = "/var/run/docker.sock";

/* Bytes. The description of a container with many volumes and networks has some tens of thousands. */
enum { DOCKER_REPLY_MAX = 512 * 1024, DOCKER_ANY_EXIT = -1 };

struct docker_params {
	int running;
	const char *exited; /* a number; NULL: not asked for */
};

static const struct options_row docker_rows[] = {
	{.key = "running",
	 .type = OPTIONS_FLAG,
	 .value = 1,
	 .offset = offsetof(struct docker_params, running),
	 .help = "the container runs; its health check does not matter"},
	{.key = "exited",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct docker_params, exited),
	 .arg = "N",
	 .help = "the container has ended with this exit code: 0 for a migration that went well"},
};
static const struct options_table docker_table = {docker_rows, sizeof(docker_rows) / sizeof(docker_rows[0])};

struct docker_plan {
	struct address socket;
	char *path; /* of the socket */
	char *url;
	struct fetch_request request;
	int exited; /* the exit code that is waited for; DOCKER_ANY_EXIT: none is */
};

/* Returns a text of an object, "" if it has none. */
static const char *docker_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static struct outcome docker_judge_exit(const struct docker_plan *plan, const cJSON *state, const char *status)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(state, "ExitCode");

	if (strcmp(status, "exited") != 0 || !cJSON_IsNumber(code))
		return outcome_make(OUTCOME_STARTING, "the container is %.20s, and has not ended yet", status);
	if ((int)code->valuedouble != plan->exited)
		return outcome_make(OUTCOME_UNSUITABLE, "the container has ended with %d, not %d",
				    (int)code->valuedouble, plan->exited);
	return outcome_make(OUTCOME_READY, NULL);
}

static struct outcome docker_judge_state(const struct target *target, const cJSON *state)
{
	const struct docker_params *params = target->params.fields;
	const struct docker_plan *plan = target->plan;
	const char *status = docker_text(state, "Status");
	const cJSON *health = cJSON_GetObjectItemCaseSensitive(state, "Health");
	const char *health_status = docker_text(health, "Status");

	if (plan->exited != DOCKER_ANY_EXIT)
		return docker_judge_exit(plan, state, status);
	if (strcmp(status, "running") != 0)
		return outcome_make(OUTCOME_STARTING, "the container is %.20s", *status ? status : "not described");
	if (params->running || strcmp(health_status, "healthy") == 0)
		return outcome_make(OUTCOME_READY, NULL);
	if (!cJSON_IsObject(health) || strcmp(health_status, "none") == 0)
		return outcome_make(OUTCOME_UNSUITABLE,
				    "the container has no health check; add ?running to wait only until "
				    "it runs, or HEALTHCHECK to its image");
	return outcome_make(OUTCOME_STARTING, "its health is %.20s", health_status);
}

static struct outcome docker_judge(struct probe *probe, const struct fetch_reply *reply)
{
	cJSON *root;
	const cJSON *state;
	struct outcome outcome;

	if (reply->status == 404)
		return outcome_make(OUTCOME_STARTING, "there is no such container");
	if (reply->status != 200)
		return outcome_make(OUTCOME_STARTING, "the engine answers with status %d", reply->status);
	if (reply->cut)
		return outcome_make(OUTCOME_GARBLED, "its reply is longer than %d kB", DOCKER_REPLY_MAX / 1024);
	root = cJSON_ParseWithLength(reply->body.data ? reply->body.data : "", reply->body.len);
	state = cJSON_GetObjectItemCaseSensitive(root, "State");
	outcome = cJSON_IsObject(state) ? docker_judge_state(probe->target, state)
					: outcome_make(OUTCOME_GARBLED, "it describes no container");
	cJSON_Delete(root);
	return outcome;
}

static void docker_start(struct probe *probe)
{
	const struct docker_plan *plan = probe->target->plan;
	struct outcome denied =
		outcome_make(OUTCOME_LOCAL, "no permission to ask the engine; run as root or in its group");

	/* Who may not ask the engine knows nothing of the container: it is not down. */
	if (access(plan->path, R_OK | W_OK) && errno == EACCES)
		probe_finish(probe, &denied);
	else
		webask_start(probe, &plan->socket, &plan->request, DOCKER_REPLY_MAX, docker_judge);
}

/* The length of a container's name, or of its id: https://github.com/moby/moby/blob/master/daemon/names/names.go */
static size_t docker_name_length(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || (len && text[len] && strchr("_.-", text[len])))
		len++;
	return len;
}

/* Returns the path of the engine's socket, as Docker's own client finds it; NULL with err. The caller's. */
static char *docker_find_socket(const struct env *env, struct error *err)
{
	const char *host = env_get(env, "DOCKER_HOST");

	if (!host || !*host)
		return alloc_text(docker_socket);
	if (strncmp(host, "unix://", 7) == 0 && host[7] == '/')
		return alloc_text(host + 7);
	errors_set(err, "DOCKER_HOST is not a Unix socket; write the engine as http://host:2375/containers/NAME/json"
			"?expect-json=/State/Health/Status=healthy");
	return NULL;
}

static int docker_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct docker_plan *plan = target->plan = alloc_zero(1, sizeof(*plan));
	const struct docker_params *params = target->params.fields;
	size_t len = docker_name_length(target->tail),
	       digits = params->exited ? strspn(params->exited, "0123456789") : 0;

	(void)log;
	if (!len || (target->tail[len] && target->tail[len] != '?'))
		return errors_set(err, "this is not the name of a container; write %s", target->scheme->example);
	if (params->exited && (!digits || digits > 3 || params->exited[digits]))
		return errors_set(err, "parameter exited: \"%s\" is not an exit code; write exited=0", params->exited);
	if (params->exited && params->running)
		return errors_set(err, "running and exited contradict each other; leave out one");
	plan->exited = params->exited ? (int)strtol(params->exited, NULL, 10) : DOCKER_ANY_EXIT;
	plan->path = docker_find_socket(env, err);
	if (!plan->path)
		return -1;
	if (!address_of_host(&plan->socket, plan->path, 0))
		return errors_set(err, "DOCKER_HOST: the path of its socket is too long");
	plan->url = alloc_format("http://docker/containers/%.*s/json", (int)len, target->tail);
	plan->request.url = plan->url;
	return 0;
}

static void docker_unbind(struct target *target)
{
	struct docker_plan *plan = target->plan;

	if (plan) {
		free(plan->path);
		free(plan->url);
	}
	free(plan);
	target->plan = NULL;
}

static const struct protocol docker_protocol = {
	.state_size = sizeof(struct webask),
	.bind = docker_bind,
	.unbind = docker_unbind,
	.start = docker_start,
	.stop = webask_stop,
};

const struct scheme scheme_docker = {
	.name = "docker",
	.summary = "the engine says that the container is healthy; ?running, ?exited=0",
	.example = "docker://container",
	.needs = SCHEME_NEEDS_WORD,
	.params = &docker_table,
	.params_size = sizeof(struct docker_params),
	.protocol = &docker_protocol,
};
