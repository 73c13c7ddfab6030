#include "app/hold.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "app/door.h"
#include "app/exports.h"
#include "app/heldport.h"
#include "app/outlets.h"
#include "app/status.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "target/endpoint.h"

/* How long the last words of an app that has ended may take. */
#define HOLD_LAST_WORDS (3 * CLOCK_S)

/* Of the loop, the resolver, reports and probes. */
enum { HOLD_OWN_DESCRIPTORS = 32 };

struct hold {
	struct door_shared shared;
	const struct config *config;
	const struct sinks *sinks;
	struct sinks_view view;
	struct progress *progress;
	struct door *doors;
	size_t count, opened; /* of the doors; how many of them are open */
	size_t waiting;       /* how many targets were never ready so far */
	struct loop_timer last_words;
	struct outlets outlets;
	bool is_told; /* the reports know that the wait has begun */
	bool finishes;
};

/* Returns why nobody can hold connections to the target; NULL: they can be held. */
static const char *hold_obstacle(const struct target *target)
{
	if (target->not_held)
		return target->not_held;
	if (!target->endpoint_count)
		return "it is no service that one connects to";
	if (endpoint_family(target->endpoints[0].host) == AF_UNIX)
		return "it is a Unix socket";
	return NULL;
}

int hold_choose_port(const struct config *config, size_t index, uint16_t *port, struct error *err)
{
	const struct plan *plan = &config->plan;

	return heldport_choose(config->hold.ports, &plan->targets[index], plan->target_count == 1,
			       config->command && exports_may_set(plan, index), port, err);
}

/* Can each target have its port? A port that must be that one can be only one target's. Returns -1 with err. */
static int hold_check_ports(const struct config *config, struct error *err)
{
	const struct plan *plan = &config->plan;
	size_t *owners = alloc_zero(UINT16_MAX + 1, sizeof(*owners)); /* index + 1 of the target; 0: none */
	int any = 0;

	for (size_t i = 0; i < plan->target_count && any >= 0; i++) {
		uint16_t port;

		any = hold_choose_port(config, i, &port, err);
		if (any == 0 && port && owners[port])
			any = errors_set(err, "\"%s\" has the port %u as well; write --hold=NAME=PORT",
					 plan->targets[owners[port] - 1].text, (unsigned)port);
		if (any < 0)
			errors_prefix(err, "--hold: target \"%s\"", plan->targets[i].text);
		if (any == 0)
			owners[port] = i + 1;
	}
	free(owners);
	return any < 0 ? -1 : 0;
}

int hold_settle(struct config *config, struct error *err)
{
	struct plan *plan = &config->plan;

	if (plan->once || plan->down || config->any || plan->fail_fast || config->run_anyway)
		return errors_set(err, "--hold waits for each target, which may come and go; leave out --%s",
				  plan->once        ? "once"
				  : plan->down      ? "down"
				  : config->any     ? "any"
				  : plan->fail_fast ? "fail-fast"
						    : "run-anyway");
	for (size_t i = 0; i < plan->target_count; i++) {
		const char *why = hold_obstacle(&plan->targets[i]);

		if (why)
			return errors_set(err,
					  "target \"%s\": --hold cannot hold connections to it: %s; leave it out, or "
					  "wait without --hold",
					  plan->targets[i].text, why);
		plan->targets[i].settings.timeout = 0;
	}
	if (heldport_check(config->hold.ports, plan, err))
		return -1;
	return hold_check_ports(config, err);
}

static void hold_fill_target(struct status_target *target, const struct door *door)
{
	*target = (struct status_target){
		.target = door->progress->target,
		.place = &door->progress->place,
		.state = !door->was_ready ? "waiting"
			 : door->lost     ? "lost"
					  : "ready",
		.reason = door->progress->outcome.kind,
	};
}

static bool hold_on_status(void *arg, char **text)
{
	const struct hold *hold = arg;
	struct status_target *targets = alloc_zero(hold->count, sizeof(*targets));
	struct status status = {.is_ready = !hold->finishes, .targets = targets, .count = hold->opened};

	for (size_t i = 0; i < hold->opened; i++) {
		hold_fill_target(&targets[i], &hold->doors[i]);
		status.is_ready &= hold->doors[i].was_ready && !hold->doors[i].lost;
	}
	*text = status_text(&status);
	free(targets);
	return status.is_ready;
}

static void hold_on_attempted(void *arg, const struct progress *progress, bool changed)
{
	struct hold *hold = arg;

	sinks_attempted(hold->sinks, progress, changed);
	if (changed)
		outlets_write(&hold->outlets);
}

/* A target is ready for the first time. */
static void hold_on_ready(void *arg, const struct progress *progress)
{
	struct hold *hold = arg;

	sinks_done(hold->sinks, progress);
	outlets_write(&hold->outlets);
	if (--hold->waiting)
		return;
	hold->view.ended = clock_now();
	sinks_end(hold->sinks, VERDICT_READY, 0);
}

static void hold_on_lost(void *arg, const struct progress *progress)
{
	struct hold *hold = arg;

	sinks_lost(hold->sinks, progress);
	outlets_write(&hold->outlets);
}

static void hold_on_back(void *arg, const struct progress *progress, int64_t after)
{
	struct hold *hold = arg;

	sinks_back(hold->sinks, progress, after);
	outlets_write(&hold->outlets);
}

static void hold_end_if_idle(struct hold *hold)
{
	if (hold->finishes && !hold->shared.clients.let_in)
		loop_stop(hold->shared.clients.runners.session->loop);
}

static void hold_on_room(void *arg)
{
	struct hold *hold = arg;

	for (size_t i = 0; i < hold->opened && !hold->finishes; i++)
		door_admit(&hold->doors[i]);
	hold_end_if_idle(hold);
}

static bool hold_is_own(void *arg, uint16_t port)
{
	const struct hold *hold = arg;

	for (size_t i = 0; i < hold->opened; i++)
		if (hold->doors[i].listener.port == port)
			return true;
	return false;
}

/* How many connections there may be: each needs two descriptors, and none may be missing for a probe. */
static size_t hold_room(const struct config_hold *settings, size_t targets)
{
	size_t own = HOLD_OWN_DESCRIPTORS + targets * DOOR_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
	    limit.rlim_cur >= own + 2 * (size_t)settings->max)
		return (size_t)settings->max;
	return limit.rlim_cur > own + 2 ? (limit.rlim_cur - own) / 2 : 1;
}

static void hold_on_last_words(void *arg)
{
	struct hold *hold = arg;

	loop_stop(hold->shared.clients.runners.session->loop);
}

/* Opens a door for each target. Returns -1 with err. */
static int hold_open_doors(struct hold *hold, struct error *err)
{
	const struct plan *plan = &hold->config->plan;

	for (size_t i = 0; i < hold->count; i++)
		progress_init(&hold->progress[i], &plan->targets[i], hold->view.started);
	for (size_t i = 0; i < hold->count; i++) {
		uint16_t port;
		int any = hold_choose_port(hold->config, i, &port, err);

		if (any < 0 || door_open(&hold->doors[i], &hold->shared, &hold->progress[i], port, any, err))
			return errors_prefix(err, "--hold: target \"%s\"", plan->targets[i].text);
		hold->opened++;
	}
	return 0;
}

struct hold *hold_open(const struct config *config, struct session *session, const struct sinks *sinks, struct log *log,
		       struct error *err)
{
	struct hold *hold = alloc_zero(1, sizeof(*hold));
	const struct config_hold *settings = &config->hold;

	hold->config = config;
	hold->sinks = sinks;
	hold->count = hold->waiting = config->plan.target_count;
	hold->progress = alloc_zero(hold->count, sizeof(*hold->progress));
	hold->doors = alloc_zero(hold->count, sizeof(*hold->doors));
	hold->view = (struct sinks_view){.list = hold->progress, .count = hold->count, .started = clock_now()};
	hold->shared = (struct door_shared){.plan = &config->plan,
					    .follows = config->outlets.state || config->outlets.health,
					    .attempted = hold_on_attempted,
					    .ready = hold_on_ready,
					    .lost = hold_on_lost,
					    .back = hold_on_back,
					    .arg = hold};
	hold->shared.clients = (struct client_pool){
		.runners.session = session,
		.log = log,
		.timeout = config_source(config, "hold-timeout") ? settings->timeout : config->settings.timeout,
		.room = hold_room(settings, hold->count),
		.room_changed = hold_on_room,
		.is_own = hold_is_own,
		.arg = hold,
	};
	pace_init(&hold->shared.pace, clock_spent(), hold->view.started);
	loop_timer_init(session->loop, &hold->last_words, hold_on_last_words, hold);
	if (hold_open_doors(hold, err) == 0 &&
	    outlets_open(&hold->outlets, &config->outlets, session->loop, log, hold_on_status, hold, err) == 0) {
		outlets_write(&hold->outlets);
		sinks_begin(hold->sinks, &hold->view, session->loop);
		hold->is_told = true;
		return hold;
	}
	hold_close(hold);
	return NULL;
}

/* The wait ends before all targets were ready. */
static void hold_give_up(struct hold *hold, int signal)
{
	if (!hold->is_told || !hold->waiting)
		return;
	hold->is_told = false;
	hold->view.ended = clock_now();
	sinks_end(hold->sinks, signal ? VERDICT_SIGNALLED : VERDICT_NOT_READY, signal);
}

void hold_close(struct hold *hold)
{
	hold_give_up(hold, 0);
	loop_timer_clear(&hold->last_words);
	hold->finishes = true;
	outlets_write(&hold->outlets);
	outlets_close(&hold->outlets);
	for (size_t i = 0; i < hold->opened; i++)
		door_close(&hold->doors[i]);
	runner_pool_release(&hold->shared.clients.runners);
	free(hold->doors);
	free(hold->progress);
	free(hold);
}

uint16_t hold_port(const struct hold *hold, size_t index)
{
	return hold->doors[index].listener.port;
}

int hold_run(struct hold *hold, int *signal, struct error *err)
{
	int failed;

	*signal = 0;
	for (size_t i = 0; i < hold->count; i++)
		door_seek(&hold->doors[i]);
	failed = loop_run(hold->shared.clients.runners.session->loop, signal, err);
	hold_give_up(hold, *signal);
	return failed;
}

void hold_finish(struct hold *hold)
{
	for (size_t i = 0; i < hold->opened; i++)
		door_shut(&hold->doors[i]); /* may let some in */
	hold->finishes = true;
	loop_timer_set(&hold->last_words, HOLD_LAST_WORDS);
	hold_end_if_idle(hold);
}
