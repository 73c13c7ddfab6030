/* Reports for machines while they happen: an event as a line of JSON (docs/events.schema.json). */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include "system/log.h"
#include "wait/sinks.h"

/*
 * Each event is one line, below PIPE_BUF, written with the log's patience and whatever its level; at LOG_LEVEL_VERBOSE
 * attempts that changed nothing are events too. log must outlive it. Sets log->began when the wait begins.
 */
struct report_sink *report_json_new(struct log *log);

#endif
