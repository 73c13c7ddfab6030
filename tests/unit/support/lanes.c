#include "lanes.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "attempt/probe.h"

struct lane_state {
	struct loop_timer end, connect;
};

static struct lane *lane_of(const struct probe *probe)
{
	struct lane *lanes = probe->target->plan;

	return &lanes[ntohl(probe->address->v4.sin_addr.s_addr) - INADDR_LOOPBACK];
}

static void lane_on_end(void *arg)
{
	struct lane *lane = lane_of(arg);
	const struct outcome outcome = outcome_make(lane->kind, NULL);

	if (lane->names)
		probe_refer(arg, lane->names, 7);
	probe_finish(arg, &outcome);
	if (lane->ends_both)
		lane_on_end(lane[-1].probe);
}

static void lane_on_connect(void *arg)
{
	probe_expire_as(arg, OUTCOME_SILENT, NULL);
	usleep((useconds_t)lane_of(arg)->blocks);
}

static void lane_start(struct probe *probe)
{
	struct lane_state *state = probe->state;
	struct lane *lane = lane_of(probe);

	lane->starts++;
	lane->probe = probe;
	loop_timer_init(probe->loop, &state->end, lane_on_end, probe);
	loop_timer_init(probe->loop, &state->connect, lane_on_connect, probe);
	if (lane->connects)
		lane_on_connect(probe);
	if (lane->connects_after)
		loop_timer_set(&state->connect, lane->connects_after);
	if (lane->ends && !(lane->hangs_second && probe->endpoint != probe->target->endpoints))
		loop_timer_set(&state->end, lane->ends);
}

static void lane_stop(struct probe *probe)
{
	struct lane_state *state = probe->state;

	lane_of(probe)->stops++;
	loop_timer_clear(&state->end);
	loop_timer_clear(&state->connect);
}

static void lane_start_found(struct probe *probe)
{
	const struct outcome ready = outcome_make(OUTCOME_READY, NULL);

	probe_finish(probe, &ready);
}

static void lane_stop_found(struct probe *probe)
{
	(void)probe;
}

static const struct protocol lane_found = {.state_size = 1, .start = lane_start_found, .stop = lane_stop_found};
static const struct protocol lane_protocol = {.state_size = sizeof(struct lane_state),
					      .found = &lane_found,
					      .start = lane_start,
					      .stop = lane_stop};
const struct scheme lanes_scheme = {.name = "lane", .protocol = &lane_protocol};
