/* Reports for machines while they happen: an event as a line of JSON (docs/events.schema.json). */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "system/log.h"
#include "wait/sinks.h"

/* Of docs/events.schema.json, where the rule for raising it stands. */
enum { EVENTS_VERSION = 1 };

enum { EVENTS_TIME_MAX = 32 };

/*
 * Each event is one line, below PIPE_BUF, written with the log's patience and whatever its level; at LOG_LEVEL_VERBOSE
 * attempts that changed nothing are events too. log must outlive it. Sets log->began when the wait begins.
 */
struct sink *events_new(struct log *log);

/* From now on each log_line of this log is an event "message". */
void events_set_log(struct log *log);

/* Now, as RFC 3339 in UTC with milliseconds: "2026-01-31T23:59:59.999Z". Returns out. */
char *events_time(char *out, size_t size);

/* An event with "version", "event", "time" and "elapsed_ms", elapsed being in microseconds. The caller's. */
cJSON *events_line(const char *name, int64_t elapsed);

/* Writes the event as one line and frees it. */
void events_send(struct log *log, cJSON *event);

#endif
