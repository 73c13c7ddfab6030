#include "wait/sinks.h"

#include <stdlib.h>

#include "base/alloc.h"

void sinks_add(struct sinks *report, struct sink *sink)
{
	report->sinks = alloc_resize(report->sinks, report->count + 1, sizeof(struct sink *));
	report->sinks[report->count++] = sink;
}

void sinks_release(struct sinks *report)
{
	for (size_t i = 0; i < report->count; i++)
		report->sinks[i]->free(report->sinks[i]);
	free(report->sinks);
	*report = (struct sinks){0};
}

void sinks_begin(const struct sinks *report, const struct sinks_view *view, struct loop *loop)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->begin)
			report->sinks[i]->begin(report->sinks[i], view, loop);
}

void sinks_attempted(const struct sinks *report, const struct progress *progress, bool changed)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->attempted)
			report->sinks[i]->attempted(report->sinks[i], progress, changed);
}

void sinks_done(const struct sinks *report, const struct progress *progress)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->done)
			report->sinks[i]->done(report->sinks[i], progress);
}

void sinks_end(const struct sinks *report, enum verdict verdict, int signal)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->end)
			report->sinks[i]->end(report->sinks[i], verdict, signal);
}

void sinks_exec(const struct sinks *report, const char *path)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->exec)
			report->sinks[i]->exec(report->sinks[i], path);
}

void sinks_lost(const struct sinks *report, const struct progress *progress)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->lost)
			report->sinks[i]->lost(report->sinks[i], progress);
}

void sinks_back(const struct sinks *report, const struct progress *progress, int64_t after)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->back)
			report->sinks[i]->back(report->sinks[i], progress, after);
}

void sinks_moved(const struct sinks *report, const struct progress *progress, const struct place *from)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i]->moved)
			report->sinks[i]->moved(report->sinks[i], progress, from);
}
