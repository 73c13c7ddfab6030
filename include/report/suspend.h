/* Ctrl-Z: calls a function before the process stops. A program that draws on a terminal needs that. */
#ifndef REPORT_SUSPEND_H
#define REPORT_SUSPEND_H

#include <stdbool.h>

#include "net/loop.h"

struct suspend {
	struct loop_watch watch;
	int fd; /* signalfd; -1: SIGTSTP is not handled */
	void (*leave)(void *arg);
	void *arg;
};

/*
 * From now on leave is called when SIGTSTP arrives, and then the process stops, as it would have done without this. If
 * the signal is ignored, handled or blocked already, nothing changes. The caller calls suspend_clear.
 */
void suspend_watch(struct suspend *suspend, struct loop *loop, void (*leave)(void *arg), void *arg);

/* Restores the signal. It may be called twice, and for a zeroed struct. */
void suspend_clear(struct suspend *suspend);

#endif
