/* --follow: the targets stay watched while the app runs, and it is told, or restarted, when one has moved or is lost. */
#ifndef APP_FOLLOW_H
#define APP_FOLLOW_H

#include <stdbool.h>

#include "app/stay.h"
#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/process.h"
#include "wait/sinks.h"
#include "wait/waiter.h"

/* Checks that the settings agree. Returns -1 with err. */
int follow_check(const struct config *config, const struct env *env, struct error *err);

/* What is given to follow_run. All of it must outlive the call. */
struct follow_call {
	const struct config *config;
	const struct waiter_result *result; /* of the wait; each look changes its progress */
	const struct sinks *sinks;
	const struct stay_call *app;
	int lost_code; /* the exit code where --follow=exit has ended the app */
	/* Sets the variables of the app anew, for the places in the result. Returns -1 with err. */
	int (*tell)(void *arg, struct error *err);
	void *arg;
};

/*
 * Runs the app as stay_run does, and follows each target that was ready and is connected to. Returns the app's exit code; lost_code if
 * --follow=exit has ended it; 128 and the number of a signal that came while no app ran. -1 with err.
 */
int follow_run(const struct follow_call *call, struct process *process, struct error *err);

#endif
