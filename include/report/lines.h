/*
 * Reports for people, as lines in the log: when the reason of a target changes, when a target is ready, and a summary
 * after a timeout.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include "system/log.h"
#include "wait/sinks.h"

/* log must outlive the sink. */
struct sink *lines_new(struct log *log);

#endif
