/* Ctrl-Z: something is put in order before the process stops, as a program that draws on a terminal must. */
#ifndef REPORT_SUSPEND_H
#define REPORT_SUSPEND_H

#include <stdbool.h>

#include "net/loop.h"

struct suspend {
	struct loop_watch watch;
	int fd; /* -1: SIGTSTP is left as it was found */
	void (*leave)(void *arg);
	void *arg;
};

/*
 * From now on leave is called when SIGTSTP comes, and then the process stops as it would have. Where the signal was
 * found ignored or blocked nothing is changed.
 */
void suspend_watch(struct suspend *suspend, struct loop *loop, void (*leave)(void *arg), void *arg);

/* Puts the signal back. Also for a zeroed one, or one that was cleared. */
void suspend_clear(struct suspend *suspend);

#endif
