#include "app/follow.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/followact.h"
#include "app/followhook.h"
#include "app/outlets.h"
#include "app/status.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/session.h"
#include "system/ending.h"
#include "target/outcome.h"
#include "wait/follower.h"

/* How long an app that is stopped may take, as with docker stop, if --kill-after says nothing. */
#define FOLLOW_PATIENCE (10 * CLOCK_S)
/* A look that ended so long ago proves nothing: this process was stopped, or frozen. */
#define FOLLOW_STALE (3 * CLOCK_S)
/* While no app runs: how soon is looked again whether all is there for it. */
#define FOLLOW_AGAIN (200 * CLOCK_MS)
/* Between two starts of the app: the first pause, which doubles after each app that ran for less than ten of them, and the longest. */
#define FOLLOW_PAUSE     (1 * CLOCK_S)
#define FOLLOW_PAUSE_MAX (60 * CLOCK_S)

enum follow_state {
	FOLLOW_RUNS,    /* the app does */
	FOLLOW_STOPS,   /* it was told to end, and will be started again */
	FOLLOW_ENDS,    /* it was told to end, and so will this process */
	FOLLOW_WAITS,   /* no app runs: until all targets are ready, and the pause is over */
	FOLLOW_FINISHED /* a signal came then, or it could not be started again */
};

struct follow;

/* What happens when a target is lost for a while. */
struct follow_patience {
	struct follow *follow;
	const struct follower *follower;
	struct loop_timer timer; /* --lost-after */
};

struct follow {
	const struct follow_call *call;
	struct followact act;
	struct session session;
	struct runner_pool pool;
	struct pace pace;
	struct follower_owner owner;
	struct follower *followers;
	struct follow_patience *patiences; /* one for each */
	size_t count;
	struct outlets outlets;
	struct followhook hook;
	struct process *process;
	struct stay stay;
	enum follow_state state;
	struct loop_timer restart; /* the pause */
	bool is_open;              /* the followers are */
	bool is_over;              /* nobody watches the app any more */
	int64_t started, pause;    /* of the app; the next one */
	unsigned starts;
	int code; /* in FOLLOW_FINISHED */
	struct error *err;
};

/* Returns what contradicts --follow: another way to stay with the command. NULL: nothing. */
static const char *follow_opposite(const struct config *config)
{
	return config->hold.on      ? "hold"
	       : config->lock       ? "lock"
	       : config->plan.once  ? "once"
	       : config->plan.down  ? "down"
	       : config->run_anyway ? "run-anyway"
				    : NULL;
}

int follow_check(const struct config *config, const struct env *env, struct error *err)
{
	struct followact act;

	if (!config->follow.on)
		return 0;
	if (follow_opposite(config))
		return errors_set(err, "--follow watches targets that were ready; leave out --%s",
				  follow_opposite(config));
	if (followact_parse(&act, config->follow.action, err))
		return -1;
	return act.command && followhook_check(act.command, env, err) ? errors_prefix(err, "--follow") : 0;
}

static void follow_fill_target(struct status_target *target, const struct follower *follower)
{
	*target = (struct status_target){
		.target = follower->progress->target,
		.place = &follower->progress->place,
		.state = follower->lost ? "lost" : "ready",
		.reason = follower->lost ? follower->last.outcome.kind : follower->progress->outcome.kind,
	};
}

static bool follow_on_status(void *arg, char **text)
{
	const struct follow *follow = arg;
	struct status_target *targets = alloc_zero(follow->count + 1, sizeof(*targets));
	struct status status = {.is_ready = follow->state == FOLLOW_RUNS && !follow->is_over,
				.has_app = true,
				.pid = follow->is_over || follow->stay.child.ended ? 0 : follow->stay.child.pid,
				.starts = follow->starts,
				.targets = targets,
				.count = follow->count};

	for (size_t i = 0; i < follow->count; i++) {
		follow_fill_target(&targets[i], &follow->followers[i]);
		status.is_ready &= !follow->followers[i].lost;
	}
	*text = status_text(&status);
	free(targets);
	return status.is_ready;
}

static void follow_write_state(struct follow *follow)
{
	if (follow->is_open)
		outlets_write(&follow->outlets);
}

/* Stops the app as docker stop would. */
static void follow_stop(struct follow *follow, enum follow_state state)
{
	int64_t patience = follow->call->config->stay.kill_after;

	follow->state = state;
	stay_stop(&follow->stay, patience ? patience : FOLLOW_PATIENCE);
	follow_write_state(follow);
}

/* The command of --follow=exec gets the variables of the places that hold now, and the app those of its start. */
static void follow_run_hook(struct follow *follow, const struct follower *follower, const char *event)
{
	const struct follow_call *call = follow->call;
	struct error err = {0};

	if (call->tell(call->arg, &err))
		log_line(call->app->log, LOG_LEVEL_ERROR, "--follow: %s", err.text);
	followhook_run(&follow->hook, event, follower->progress->target->text);
}

static void follow_act(struct follow *follow, const struct follower *follower, const char *event)
{
	const struct stay_call *app = follow->call->app;

	if (follow->state != FOLLOW_RUNS || follow->act.kind == FOLLOWACT_TELL)
		return;
	if (follow->act.kind == FOLLOWACT_SIGNAL) {
		stay_send(&follow->stay, follow->act.signal);
		return;
	}
	if (follow->act.kind == FOLLOWACT_EXEC) {
		follow_run_hook(follow, follower, event);
		return;
	}
	log_line(app->log, LOG_LEVEL_NORMAL, "%s %s: %s %s",
		 follow->act.kind == FOLLOWACT_EXIT ? "ending" : "restarting", app->command[0],
		 follower->progress->target->text, strcmp(event, "moved") == 0 ? "has moved" : "is lost");
	follow_stop(follow, follow->act.kind == FOLLOWACT_EXIT ? FOLLOW_ENDS : FOLLOW_STOPS);
}

/* The last look may be an old one: after a freeze (docker pause, SIGSTOP) another must show that it is lost still. */
static void follow_on_patience(void *arg)
{
	struct follow_patience *patience = arg;
	const struct follower *follower = patience->follower;
	int64_t limit = follower->last.target->settings.attempt_timeout;

	if (clock_now() - follower->ended > FOLLOW_STALE + limit)
		loop_timer_set(&patience->timer, FOLLOW_STALE);
	else
		follow_act(patience->follow, follower, "lost");
}

static bool follow_is_ready(const struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		if (!follower_is_ready(&follow->followers[i]))
			return false;
	return true;
}

static void follow_finish(struct follow *follow, int code)
{
	follow->state = FOLLOW_FINISHED;
	follow->code = code;
	loop_stop(follow->session.loop);
}

static void follow_on_ended(void *arg);

/* Starts the app with the variables of the places where the targets are now. Returns -1 with err. */
static int follow_start(struct follow *follow, struct error *err)
{
	for (size_t i = 0; i < follow->count; i++)
		follower_settle(&follow->followers[i]);
	follow->started = clock_now();
	follow->state = FOLLOW_RUNS;
	follow->starts++;
	return stay_open(&follow->stay, follow->call->app, follow->process, follow->session.loop, follow_on_ended,
			 follow, err);
}

/* The pause is over: starts the app again when all its targets are ready. */
static void follow_on_restart(void *arg)
{
	struct follow *follow = arg;

	if (!follow_is_ready(follow)) {
		loop_timer_set(&follow->restart, FOLLOW_AGAIN);
		return;
	}
	if (follow->call->tell(follow->call->arg, follow->err) || follow_start(follow, follow->err))
		follow_finish(follow, -1);
	else
		follow_write_state(follow);
}

/* No app runs that could be passed the signal. */
static void follow_on_signal(void *arg, int number)
{
	if (number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP)
		follow_finish(arg, ending_exit_code(number));
}

/* The app has ended for a restart. What is left of its process group would be in the way of the next one. */
static void follow_await_restart(struct follow *follow)
{
	int64_t now = clock_now(), due = follow->started + follow->pause - now;

	kill(-follow->stay.child.pid, SIGKILL);
	stay_close(&follow->stay);
	loop_pass_signals(follow->session.loop, follow_on_signal, follow);
	follow->pause = now - follow->started < 10 * follow->pause ? 2 * follow->pause : FOLLOW_PAUSE;
	if (follow->pause > FOLLOW_PAUSE_MAX)
		follow->pause = FOLLOW_PAUSE_MAX;
	follow->state = FOLLOW_WAITS;
	follow_write_state(follow);
	loop_timer_set(&follow->restart, due > 0 ? due : 0);
}

/* The app has ended, by itself or because it was told to: by us, or by whoever wants this process to end as well. */
static void follow_on_ended(void *arg)
{
	struct follow *follow = arg;

	if (follow->state == FOLLOW_STOPS && !follow->stay.is_to_end) {
		follow_await_restart(follow);
		return;
	}
	if (follow->state == FOLLOW_STOPS)
		follow->state = FOLLOW_RUNS;
	loop_stop(follow->session.loop);
}

static void follow_on_lost(void *arg, struct follower *follower)
{
	struct follow *follow = arg;
	int64_t left = follower->failed + follow->call->config->follow.lost_after - clock_now();

	sinks_lost(follow->call->sinks, &follower->last);
	follow_write_state(follow);
	loop_timer_set(&follow->patiences[follower - follow->followers].timer, left > 0 ? left : 0);
}

static void follow_on_back(void *arg, struct follower *follower, int64_t after)
{
	struct follow *follow = arg;

	loop_timer_clear(&follow->patiences[follower - follow->followers].timer);
	sinks_back(follow->call->sinks, follower->progress, after);
	follow_write_state(follow);
}

static void follow_on_moved(void *arg, struct follower *follower, const struct place *from)
{
	struct follow *follow = arg;

	sinks_moved(follow->call->sinks, follower->progress, from);
	follow_write_state(follow);
	follow_act(follow, follower, "moved");
}

/* Was the target ready, and is it one that connections go to? A file or a check is not looked at again. */
static bool follow_wants(const struct progress *progress)
{
	return progress->state == PROGRESS_DONE && progress->target->endpoint_count;
}

static void follow_open_targets(struct follow *follow)
{
	const struct plan *plan = &follow->call->config->plan;

	follow->owner = (struct follower_owner){.pool = &follow->pool,
						.pace = &follow->pace,
						.lost = follow_on_lost,
						.back = follow_on_back,
						.moved = follow_on_moved,
						.arg = follow};
	follow->followers = alloc_zero(plan->target_count + 1, sizeof(*follow->followers));
	follow->patiences = alloc_zero(plan->target_count + 1, sizeof(*follow->patiences));
	for (size_t i = 0; i < plan->target_count; i++) {
		struct follower *follower = &follow->followers[follow->count];
		struct follow_patience *patience = &follow->patiences[follow->count];

		if (!follow_wants(&follow->call->result->progress[i]))
			continue;
		follow->count++;
		*patience = (struct follow_patience){.follow = follow, .follower = follower};
		loop_timer_init(follow->session.loop, &patience->timer, follow_on_patience, patience);
		follower_open(follower, &follow->owner, &follow->call->result->progress[i]);
	}
	if (!follow->count)
		log_line(follow->call->app->log, LOG_LEVEL_NORMAL,
			 "--follow: no target is connected to, so none is followed");
}

static void follow_close(struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++) {
		loop_timer_clear(&follow->patiences[i].timer);
		follower_close(&follow->followers[i]);
	}
	loop_timer_clear(&follow->restart);
	followhook_close(&follow->hook);
	runner_pool_release(&follow->pool);
	free(follow->followers);
	free(follow->patiences);
}

/* Returns the exit code; -1 with err. */
static int follow_watch(struct follow *follow, struct error *err)
{
	int ignored, failed;

	if (follow_start(follow, err))
		return -1;
	follow_open_targets(follow);
	follow->is_open = true;
	follow_write_state(follow);
	failed = loop_run(follow->session.loop, &ignored, err);
	follow->is_over = true;
	follow_write_state(follow);
	if (follow->state == FOLLOW_FINISHED || follow->state == FOLLOW_WAITS)
		return failed ? -1 : follow->code;
	stay_close(&follow->stay);
	if (failed)
		return -1;
	return follow->state == FOLLOW_ENDS ? follow->call->lost_code : stay_code(&follow->stay);
}

int follow_run(const struct follow_call *call, struct process *process, struct error *err)
{
	struct follow follow = {.call = call, .process = process, .pause = FOLLOW_PAUSE, .err = err};
	int code = -1;

	if (followact_parse(&follow.act, call->config->follow.action, err))
		return -1;
	process_become_parent(process);
	if (ending_noted())
		return ending_exit_code(ending_noted());
	if (session_open(&follow.session, process, err))
		return -1;
	follow.pool.session = &follow.session;
	follow.hook = (struct followhook){
		.command = follow.act.command, .env = call->app->env, .pool = &follow.pool, .log = call->app->log};
	pace_init(&follow.pace, clock_spent(), clock_now());
	loop_timer_init(follow.session.loop, &follow.restart, follow_on_restart, &follow);
	if (outlets_open(&follow.outlets, &call->config->outlets, follow.session.loop, call->app->log, follow_on_status,
			 &follow, err) == 0)
		code = follow_watch(&follow, err);
	outlets_close(&follow.outlets);
	follow_close(&follow);
	session_close(&follow.session);
	return code;
}
