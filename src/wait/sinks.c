#include "wait/sinks.h"

#include <stdlib.h>

#include "base/alloc.h"

void report_add(struct report *report, struct report_sink *sink)
{
	report->sinks = alloc_resize(report->sinks, report->count + 1, sizeof(struct report_sink *));
	report->sinks[report->count++] = sink;
}

void report_release(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		report->sinks[i]->free(report->sinks[i]);
	free(report->sinks);
	*report = (struct report){0};
}

void report_begin(const struct report *report, const struct report_view *view, struct loop *loop)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->begin)
			report->sinks[i]->begin(report->sinks[i], view, loop);
}

void report_attempted(const struct report *report, const struct progress *progress, bool changed)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->attempted)
			report->sinks[i]->attempted(report->sinks[i], progress, changed);
}

void report_done(const struct report *report, const struct progress *progress)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->done)
			report->sinks[i]->done(report->sinks[i], progress);
}

void report_end(const struct report *report, enum report_verdict verdict, int signal)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->end)
			report->sinks[i]->end(report->sinks[i], verdict, signal);
}

void report_exec(const struct report *report, const char *path)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->exec)
			report->sinks[i]->exec(report->sinks[i], path);
}
