/* Reports for people: a line to the log when a target's reason changes, one when it is ready, a summary at the end of a timeout. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdbool.h>

#include "log.h"
#include "report.h"

struct report_text;

/* log must outlive it. down: the wait is for the targets to be gone. The sink is freed by report_text_free. */
struct report_text *report_text_new(struct log *log, bool down);
void report_text_free(struct report_text *text);
struct report_sink *report_text_sink(struct report_text *text);

#endif
