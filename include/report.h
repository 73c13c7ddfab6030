/* Telling the human or the machine: the events of a wait, and the sinks they go to. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "progress.h"

/* The view a sink has of the whole wait. Valid for the life of the wait. */
struct report_view {
	const struct progress *list;
	size_t count;
	int64_t timeout; /* microseconds; 0: for ever */
	bool down;       /* the wait is for the targets to be gone */
};

/* A sink derives from this struct: its functions get it back as `sink`. Every slot is mandatory. */
struct report_sink {
	/* An attempt ended without the target being done. changed: for another reason than the one before. */
	void (*attempted)(struct report_sink *sink, const struct progress *progress, bool changed);
	/* The target is done: ready, or gone under --down. */
	void (*done)(struct report_sink *sink, const struct progress *progress);
	/* The time is up, or waiting cannot help (gave_up). */
	void (*failed)(struct report_sink *sink, const struct report_view *view, bool gave_up);
};

#endif
