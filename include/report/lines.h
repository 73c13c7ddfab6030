/* Reports for people: a line to the log when a target's reason changes, one when it is ready, a summary at the end of a timeout. */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include "system/log.h"
#include "wait/sinks.h"

/* log must outlive it. */
struct sink *lines_new(struct log *log);

#endif
