/* waitfor as the parent of the app: a small init, in place of execve. */
#ifndef APP_STAY_H
#define APP_STAY_H

#include <stdbool.h>

#include "base/errors.h"
#include "net/loop.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "system/process.h"

struct stay;

/* What is run, and how. Nothing here is the callee's. */
struct stay_call {
	const struct config_stay *settings;
	const char *path; /* of handoff_find */
	char **command;   /* its argv */
	const struct env *env;
	struct log *log; /* for the child's last words, if it cannot become the app */
	/* For who does more on the loop of stay_run: when the app runs, and when it has ended. NULL: nobody does. */
	void (*opened)(void *arg, struct stay *stay);
	void (*closes)(void *arg);
	void *arg;
};

struct stay {
	const struct stay_call *call;
	struct loop *loop;
	void (*ended)(void *arg);
	void *arg;
	struct children_child child;
	struct loop_timer kill;
	int64_t patience; /* of kill */
	int terminal;     /* our own; -1: none */
	bool has_given;   /* the app has got its foreground from us */
	bool is_stopped;  /* the app was stopped, and we with it */
	bool refused;     /* the app cannot be sent signals */
	bool is_to_end;   /* a signal was passed on that asks an app to end: SIGTERM, SIGINT or SIGQUIT */
	int status;       /* the app's, as from waitpid */
};

/*
 * Runs the app as a child that leads a process group of its own, and is sent SIGTERM if this process ends first. Passes on all
 * signals, and reaps orphans. If stdin is a terminal, the app has its foreground while this process would have it; else when the
 * app asks for it. A job that is stopped and continued is so with the app. Returns the app's exit status, or 128 and the number of
 * the signal that ended it; the same of a signal that has asked this process to end before. -1 with err if there can be no child.
 */
int stay_run(const struct stay_call *call, struct process *process, struct error *err);

/*
 * The same in parts, on a loop that does more. process_become_parent comes before the loop is made. stay_open starts the app, and
 * returns -1 with err; call must outlive it. ended is called by the loop when the app has ended, and stay_code returns the exit
 * code then. stay_close leaves an app that still runs alone.
 */
int stay_open(struct stay *stay, const struct stay_call *call, const struct process *process, struct loop *loop,
	      void (*ended)(void *arg), void *arg, struct error *err);
int stay_code(const struct stay *stay);
void stay_close(struct stay *stay);

/* Sends the app a signal. Returns false if it has ended, or refuses it. */
bool stay_send(struct stay *stay, int number);

/* Asks the app to end by SIGTERM, and kills it after `patience` microseconds; 0: never. */
void stay_stop(struct stay *stay, int64_t patience);

#endif
