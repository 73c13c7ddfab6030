/* One event as one line of JSON: what every event has, and how a log says everything as events. */
#ifndef REPORT_EVENTLINE_H
#define REPORT_EVENTLINE_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "system/log.h"

/* Of docs/events.schema.json, where the rule for raising it stands. */
enum { EVENTLINE_VERSION = 1 };

enum { EVENTLINE_TIME_MAX = 32 };

/* Now, as RFC 3339 in UTC with milliseconds: "2026-01-31T23:59:59.999Z". Returns out. */
char *eventline_time(char *out, size_t size);

/* An event with "version", "event", "time" and "elapsed_ms", elapsed being in microseconds. The caller's. */
cJSON *eventline_new(const char *name, int64_t elapsed);

/* Writes the event as one line and frees it. */
void eventline_send(struct log *log, cJSON *event);

/* From now on each log_line of this log is an event "message". */
void eventline_set_log(struct log *log);

#endif
