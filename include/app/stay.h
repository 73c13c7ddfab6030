/* waitfor as the parent of the app: a small init, in place of execve. */
#ifndef APP_STAY_H
#define APP_STAY_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "system/process.h"

/* What is run, and how. Nothing here is the callee's. */
struct stay_call {
	const struct config_stay *settings;
	const char *path; /* of handoff_find */
	char **command;   /* its argv */
	const struct env *env;
	struct log *log; /* for the child's last words, if it cannot become the app */
};

/*
 * Runs the app as a child that leads a process group of its own, and is sent SIGTERM if this process ends first. Passes on all
 * signals, and reaps orphans. On a terminal the app has the foreground while this process would have it, and a job that is
 * stopped and continued is so with the app. Returns the app's exit status, or 128 and the number of the signal that ended it; the
 * same of a signal that has asked this process to end before. -1 with err if there can be no child.
 */
int stay_run(const struct stay_call *call, struct process *process, struct error *err);

#endif
