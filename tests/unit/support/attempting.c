#include "attempting.h"

#include "attempt/probe.h"
#include "base/clock.h"
#include "unit.h"

void attempting_start(struct attempting *attempting, int64_t limit)
{
	check("a socket", session_take_socket(&attempting->session));
	attempt_start(attempting->attempt, limit, 0, attempting->stays);
}

static void attempting_on_done(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct attempting *attempting = arg;

	attempting->dones++;
	attempting->outcome = *outcome;
	attempting->place = *place;
	if (attempting->restarts) {
		attempting->restarts--;
		attempting_start(attempting, ATTEMPTING_LIMIT);
		return;
	}
	loop_stop(attempting->unit.loop);
}

static void attempting_on_early(void *arg)
{
	struct attempting *attempting = arg;

	attempting->earlies++;
}

void attempting_open(struct attempting *attempting)
{
	*attempting = (struct attempting){0};
	unit_loop_open(&attempting->unit);
	attempting->session = (struct session){
		.loop = attempting->unit.loop, .names = lookup_share(attempting->unit.loop), .sockets_max = SIZE_MAX};
	attempting->pool.session = &attempting->session;
}

void attempting_use(struct attempting *attempting, const struct target *target)
{
	const struct attempt_owner owner = {attempting_on_done, attempting_on_early, attempting};

	attempting->target = *target;
	attempting->attempt = attempt_new(&attempting->pool, &attempting->target, attempting->thorough, &owner);
}

void attempting_use_scheme(struct attempting *attempting, const char *text, const struct scheme *scheme, void *plan,
			   bool is_elsewhere)
{
	struct target target = {0};
	struct error err = {0};

	if (target_parse(&target, text, &err))
		fail_msg("%s", err.text);
	target.scheme = scheme;
	target.plan = plan;
	target.is_elsewhere = is_elsewhere;
	attempting_use(attempting, &target);
}

void attempting_bind(struct attempting *attempting, const char *text)
{
	struct target target = {0};
	struct error err = {0};
	struct env env;
	struct log log;

	log_init(&log, -1);
	env_copy(&env, NULL);
	if (target_parse(&target, text, &err) || probe_bind(&target, 1, &env, &log, &err))
		fail_msg("%s", err.text);
	env_release(&env);
	attempting_use(attempting, &target);
}

void attempting_run(struct attempting *attempting, int64_t limit, const char *row)
{
	int64_t began = clock_now();

	attempting->dones = 0;
	attempting_start(attempting, limit);
	check_int("not inside attempt_start", attempting->dones, 0);
	unit_loop_run(&attempting->unit, row);
	attempting->took = clock_now() - began;
	unit_loop_settle(&attempting->unit);
	check_int("once", attempting->dones, 1);
}

void attempting_close(struct attempting *attempting)
{
	attempt_free(attempting->attempt);
	runner_pool_release(&attempting->pool);
	unit_loop_settle(&attempting->unit);
	sockets_release(&attempting->session.kept);
	lookup_unshare(attempting->session.names);
	probe_unbind(&attempting->target, 1);
	target_release(&attempting->target);
	unit_loop_close(&attempting->unit);
}
