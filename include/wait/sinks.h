/* Telling the human or the machine: the events of a wait, and the sinks they go to. */
#ifndef WAIT_SINKS_H
#define WAIT_SINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"
#include "wait/progress.h"

enum verdict {
	VERDICT_READY,     /* what the user waits for is there */
	VERDICT_TIMED_OUT, /* the time is up */
	VERDICT_NOT_READY, /* --once: the one round did not find it */
	VERDICT_GAVE_UP,   /* --fail-fast: waiting does not help */
	VERDICT_SIGNALLED  /* an ending signal came */
};

/* The view a sink has of the whole wait. */
struct sinks_view {
	const struct progress *list; /* one for each target, in the order they were given */
	size_t count;
	int64_t started; /* clock_now() time */
	int64_t ended;   /* the same for every sink, however long the one before took; 0 before the end */
	int64_t timeout; /* microseconds, the longest of all targets; 0: for ever */
	bool down;       /* the wait is for the targets to be gone */
};

/*
 * A sink derives from this struct: its functions get it back as `sink`. begin comes first, end last of what
 * concerns the wait, each once; then exec where there is a command to become. A sink that does not care leaves a
 * slot NULL; only free is mandatory.
 */
struct sink {
	/* The wait begins. view and loop, for timers of the sink's own, are valid until end. */
	void (*begin)(struct sink *sink, const struct sinks_view *view, struct loop *loop);
	/* An attempt ended without the target being done. changed: for another reason than the one before. */
	void (*attempted)(struct sink *sink, const struct progress *progress, bool changed);
	/* The target is done: ready, or gone under --down. */
	void (*done)(struct sink *sink, const struct progress *progress);
	/* The wait is over. signal: of VERDICT_SIGNALLED, else 0. Timers and watches must be cleared. */
	void (*end)(struct sink *sink, enum verdict verdict, int signal);
	/* This process is about to become the program at path. */
	void (*exec)(struct sink *sink, const char *path);
	void (*free)(struct sink *sink);
};

/* The sinks of a wait, in the order in which they are told. Zeroed: none. */
struct sinks {
	struct sink **sinks;
	size_t count;
};

/* The report owns the sink from now on. */
void sinks_add(struct sinks *report, struct sink *sink);
void sinks_release(struct sinks *report);

/* Each tells every sink. */
void sinks_begin(const struct sinks *report, const struct sinks_view *view, struct loop *loop);
void sinks_attempted(const struct sinks *report, const struct progress *progress, bool changed);
void sinks_done(const struct sinks *report, const struct progress *progress);
void sinks_end(const struct sinks *report, enum verdict verdict, int signal);
void sinks_exec(const struct sinks *report, const char *path);

#endif
