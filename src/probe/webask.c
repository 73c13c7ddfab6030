#include "probe/webask.h"

static void webask_on_done(void *arg, const struct outcome *failure)
{
	struct probe *probe = arg;
	struct webask *ask = probe->state;
	struct outcome outcome = failure ? *failure : ask->judge(probe, &ask->fetch.reply);

	probe_finish(probe, &outcome);
}

static void webask_on_headed(void *arg)
{
	probe_expire_as(arg, OUTCOME_STARTING, "the reply is not complete");
}

static void webask_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct webask *ask = probe->state;
	struct fetch_request request = *ask->request;
	struct outcome outcome;

	request.trust = probe->tls;
	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	outcome = fetch_start(&ask->fetch, probe->loop, stream_release(&ask->stream), &request, ask->body_max,
			      webask_on_headed, webask_on_done, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void webask_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

void webask_start(struct probe *probe, const struct address *address, const struct fetch_request *request,
		  size_t body_max, struct outcome (*judge)(struct probe *probe, const struct fetch_reply *reply))
{
	struct webask *ask = probe->state;
	struct outcome outcome;

	ask->fetch.fd = -1;
	ask->request = request;
	ask->body_max = body_max;
	ask->judge = judge;
	outcome = stream_connect(&ask->stream, probe->loop, probe->sockets, address, webask_on_connected,
				 webask_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

void webask_stop(struct probe *probe)
{
	struct webask *ask = probe->state;

	if (!ask->request)
		return;
	fetch_stop(&ask->fetch);
	stream_close(&ask->stream);
}
