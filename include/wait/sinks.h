/* The events of a wait, and the sinks that they are reported to: people or programs. */
#ifndef WAIT_SINKS_H
#define WAIT_SINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"
#include "wait/progress.h"

enum verdict {
	VERDICT_READY,     /* the targets are as wanted */
	VERDICT_TIMED_OUT, /* the time is up */
	VERDICT_NOT_READY, /* --once: the only attempts did not find the targets as wanted */
	VERDICT_GAVE_UP,   /* --fail-fast: an error that waiting cannot fix */
	VERDICT_SIGNALLED  /* a signal ended the wait */
};

/* What a sink sees of the whole wait. */
struct sinks_view {
	const struct progress *list; /* one for each target, in the order in which they were given */
	size_t count;
	int64_t started; /* clock_now() time */
	int64_t ended;   /* clock_now() time, the same for every sink; 0 before the end */
	int64_t timeout; /* microseconds, the longest of all targets; 0: no limit */
	bool down;       /* --down: the wait is for the targets to be gone */
	bool any;        /* any one of the targets, of which there are several, is enough */
	bool once;       /* --once: each target is tried only once */
};

/*
 * A struct that implements a sink has this struct as its first member, so that its functions can cast sink. begin is
 * called first and end last, each once; if a command follows, exec is called after end. A slot may be NULL, except
 * free.
 */
struct sink {
	/* The wait begins. view and loop are valid until end; the sink may use loop for timers of its own. */
	void (*begin)(struct sink *sink, const struct sinks_view *view, struct loop *loop);
	/* An attempt ended and the target is not done. changed: the reason is not that of the previous attempt. */
	void (*attempted)(struct sink *sink, const struct progress *progress, bool changed);
	/* The target is done: ready or, under --down, gone. */
	void (*done)(struct sink *sink, const struct progress *progress);
	/*
	 * The wait is over. signal is 0 unless the verdict is VERDICT_SIGNALLED. The sink clears its timers and
	 * watches.
	 */
	void (*end)(struct sink *sink, enum verdict verdict, int signal);
	/* This process is about to become the program at path. */
	void (*exec)(struct sink *sink, const char *path);
	/*
	 * --follow, while the app runs. The target is not ready any more; it is ready again, after so many microseconds; it is ready at
	 * another place than before.
	 */
	void (*lost)(struct sink *sink, const struct progress *progress);
	void (*back)(struct sink *sink, const struct progress *progress, int64_t after);
	void (*moved)(struct sink *sink, const struct progress *progress, const struct place *from);
	void (*free)(struct sink *sink);
};

/* The sinks of a wait, in the order in which they are called. A zeroed struct has none. */
struct sinks {
	struct sink **sinks;
	size_t count;
};

/* Adds a sink, which report owns from now on. */
void sinks_add(struct sinks *report, struct sink *sink);

/* Frees all sinks. */
void sinks_release(struct sinks *report);

/* Each of these calls the slot of that name of every sink that has it. */
void sinks_begin(const struct sinks *report, const struct sinks_view *view, struct loop *loop);
void sinks_attempted(const struct sinks *report, const struct progress *progress, bool changed);
void sinks_done(const struct sinks *report, const struct progress *progress);
void sinks_end(const struct sinks *report, enum verdict verdict, int signal);
void sinks_exec(const struct sinks *report, const char *path);
void sinks_lost(const struct sinks *report, const struct progress *progress);
void sinks_back(const struct sinks *report, const struct progress *progress, int64_t after);
void sinks_moved(const struct sinks *report, const struct progress *progress, const struct place *from);

#endif
