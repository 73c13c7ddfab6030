/* Live reports for programs: each event is a line of JSON (docs/events.schema.json). */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "system/log.h"
#include "wait/sinks.h"

/* The "version" of every event. docs/events.schema.json says when it must be raised. */
enum { EVENTS_VERSION = 2 };

/*
 * Returns a sink that writes each event to log as one line that is shorter than PIPE_BUF. The level of log does not
 * suppress events; at LOG_LEVEL_VERBOSE there are also events for attempts that changed nothing. The sink sets
 * log->began when the wait begins. log must outlive the sink.
 */
struct sink *events_new(struct log *log);

/* From now on log_line writes an event "message" for this log. */
void events_set_log(struct log *log);

/*
 * Returns an event with "version", "event" (name), "time" (now) and "elapsed_ms" (from elapsed, which is in
 * microseconds). The caller frees it.
 */
cJSON *events_line(const char *name, int64_t elapsed);

/* Writes the event to log as one line, and frees it. */
void events_send(struct log *log, cJSON *event);

#endif
