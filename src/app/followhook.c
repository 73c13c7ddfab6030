#include "app/followhook.h"

#include <stdlib.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "settings/checks.h"
#include "target/outcome.h"

/* How long the command may run. */
#define FOLLOWHOOK_LIMIT (60 * CLOCK_S)

int followhook_check(const char *command, const struct env *env, struct error *err)
{
	struct target target;

	if (checks_make(&target, command, "hook", env, err))
		return -1;
	target_release(&target);
	return 0;
}

static void followhook_end(struct followhook *hook)
{
	attempt_free(hook->attempt);
	hook->attempt = NULL;
	probe_unbind(&hook->target, 1);
	target_release(&hook->target);
}

static void followhook_start(struct followhook *hook);

static void followhook_on_done(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct followhook *hook = arg;

	(void)place;
	if (outcome->kind != OUTCOME_READY)
		log_line(hook->log, LOG_LEVEL_ERROR, "%s: %s%s%s", hook->target.text, outcome_info(outcome->kind)->text,
			 outcome->detail[0] ? ": " : "", outcome->detail);
	followhook_end(hook);
	if (hook->about)
		followhook_start(hook);
}

static void followhook_on_early(void *arg)
{
	(void)arg; /* there is one attempt */
}

/* Makes the environment of the command: that of the app, and what has happened. */
static void followhook_fill_env(struct followhook *hook, struct env *env)
{
	char event[] = "WAITFOR_EVENT", target[] = "WAITFOR_TARGET";
	const struct env_variable told[] = {{event, hook->event}, {target, hook->about}};

	env_copy(env, hook->env->list);
	env_set_all(env, told, sizeof(told) / sizeof(told[0]));
}

static int followhook_bind(struct followhook *hook, struct error *err)
{
	struct env env;
	int failed;

	followhook_fill_env(hook, &env);
	failed = checks_make(&hook->target, hook->command, "hook", &env, err);
	failed = failed ? -1 : probe_bind(&hook->target, 1, &env, hook->log, err);
	env_release(&env);
	free(hook->about);
	hook->about = NULL;
	return failed;
}

static void followhook_start(struct followhook *hook)
{
	const struct attempt_owner owner = {.done = followhook_on_done, .early = followhook_on_early, .arg = hook};
	struct error err = {0};

	if (followhook_bind(hook, &err) || !session_take_socket(hook->pool->session)) {
		log_line(hook->log, LOG_LEVEL_ERROR, "--follow: the command cannot be run: %s",
			 err.set ? err.text : "no descriptor is free");
		probe_unbind(&hook->target, 1);
		target_release(&hook->target);
		return;
	}
	hook->attempt = attempt_new(hook->pool, &hook->target, true, &owner);
	attempt_start(hook->attempt, FOLLOWHOOK_LIMIT, 0, false);
}

void followhook_run(struct followhook *hook, const char *event, const char *about)
{
	free(hook->about);
	free(hook->event);
	hook->about = alloc_text(about);
	hook->event = alloc_text(event);
	if (!hook->attempt)
		followhook_start(hook);
}

void followhook_close(struct followhook *hook)
{
	if (hook->attempt)
		followhook_end(hook);
	free(hook->about);
	free(hook->event);
	*hook = (struct followhook){0};
}
