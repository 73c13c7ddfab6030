#include "waiting.h"

#include <stdlib.h>
#include <string.h>

#include "attempt/probe.h"
#include "base/clock.h"
#include "loading.h"
#include "loopback.h"
#include "unit.h"

enum { WAITING_WORDS = 64 };

static void waiting_on_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	struct recorder *recorder = (struct recorder *)sink;

	check("between two attempts", progress->state != PROGRESS_TRYING);
	recorder->attempted++;
	recorder->changed += changed;
	if (recorder->hook)
		recorder->hook(recorder);
}

static void waiting_on_done(struct sink *sink, const struct progress *progress)
{
	struct recorder *recorder = (struct recorder *)sink;

	check("done", progress->state == PROGRESS_DONE && progress->state != PROGRESS_TRYING);
	recorder->done++;
}

static void waiting_on_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct recorder *recorder = (struct recorder *)sink;

	check("begin", loop && view->list && !recorder->attempted);
	check("the first attempt runs", view->count == 0 || view->list[0].state == PROGRESS_TRYING);
	recorder->began++;
	recorder->view = view;
}

static void waiting_on_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct recorder *recorder = (struct recorder *)sink;

	recorder->ended++;
	check_int("a signal's number", signal != 0, verdict == VERDICT_SIGNALLED);
	recorder->gave_up = verdict == VERDICT_GAVE_UP;
	if (verdict != VERDICT_TIMED_OUT && verdict != VERDICT_GAVE_UP)
		return;
	recorder->failed++;
	recorder->failed_count = recorder->view->count;
}

void waiting_open(struct waiting *waiting)
{
	*waiting = (struct waiting){.recorder = {.sink = {.begin = waiting_on_begin,
							  .attempted = waiting_on_attempted,
							  .done = waiting_on_done,
							  .end = waiting_on_end},
						 .fd = -1}};
	waiting->sinks[0] = &waiting->recorder.sink;
	log_init(&waiting->log, -1);
	env_copy(&waiting->env, NULL);
	sigemptyset(&waiting->process.ending);
	sigemptyset(&waiting->process.watched);
}

void waiting_run(struct waiting *waiting, const char *words, uint16_t refusing, uint16_t listening)
{
	char *line = loopback_text(words, refusing, listening), *argv[WAITING_WORDS + 2] = {(char *)"waitfor"},
	     *rest = line;
	const struct sinks report = {waiting->sinks, 1};
	struct session session;
	struct error err = {0};
	int argc = 1;
	int64_t began;

	while (argc <= WAITING_WORDS && (argv[argc] = strsep(&rest, " ")))
		argc++;
	if (loading_run(&waiting->config, argc, argv, &waiting->env, &waiting->log, &err) ||
	    probe_bind(waiting->config.plan.targets, waiting->config.plan.target_count, &waiting->env, &waiting->log,
		       &err))
		fail_msg("%s", err.text);
	if (waiting->arrange)
		waiting->arrange(&waiting->config);
	began = clock_now();
	if (session_open(&session, &waiting->process, &err) ||
	    waiter_run(&waiting->result, &session, &waiting->config.plan, &report, &err))
		fail_msg("%s", err.text);
	session_close(&session);
	waiting->took = clock_now() - began;
	check_int("begun and ended", waiting->recorder.began, waiting->recorder.ended);
	free(line);
}

void waiting_close(struct waiting *waiting)
{
	waiter_release(&waiting->result);
	check("released", waiting->result.progress == NULL);
	probe_unbind(waiting->config.plan.targets, waiting->config.plan.target_count);
	config_release(&waiting->config);
	env_release(&waiting->env);
}
