#include "report/events.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "report/eventline.h"
#include "report/facts.h"

struct report_json {
	struct report_sink sink;
	struct log *log;
	const struct report_view *view; /* until the end */
	int64_t began;                  /* clock_now() time */
};

/* elapsed: microseconds since the wait began. */
static void report_json_target(struct report_json *json, const char *event, const struct progress *progress,
			       int64_t elapsed)
{
	cJSON *line = eventline_new(event, elapsed);

	report_facts_add_target(line, progress, json->view->down);
	eventline_send(json->log, line);
}

static void report_json_begin(struct report_sink *sink, const struct report_view *view, struct loop *loop)
{
	struct report_json *json = (struct report_json *)sink;

	(void)loop;
	json->view = view;
	json->began = json->log->began = view->started;
	for (size_t i = 0; i < view->count; i++)
		report_json_target(json, "start", &view->list[i], 0);
}

static void report_json_attempted(struct report_sink *sink, const struct progress *progress, bool changed)
{
	struct report_json *json = (struct report_json *)sink;

	if (changed || json->log->level >= LOG_LEVEL_VERBOSE)
		report_json_target(json, changed ? "state" : "attempt", progress, clock_now() - json->began);
}

static void report_json_done(struct report_sink *sink, const struct progress *progress)
{
	struct report_json *json = (struct report_json *)sink;

	report_json_target(json, json->view->down ? "down" : "ready", progress, progress->finished - json->began);
}

/* What is told of a target at the end; NULL: nothing. */
static const char *report_json_missed(const struct progress *progress, enum report_verdict verdict)
{
	if (progress->done)
		return NULL;
	if (progress->spared)
		return "skipped";
	switch (verdict) {
	case REPORT_TIMED_OUT:
		return "timeout";
	case REPORT_NOT_READY:
		return "notready";
	case REPORT_GAVE_UP:
		return progress->expired ? "timeout" : "giveup";
	case REPORT_READY:
	case REPORT_SIGNALLED:
		break;
	}
	return NULL;
}

static void report_json_end(struct report_sink *sink, enum report_verdict verdict, int signal)
{
	struct report_json *json = (struct report_json *)sink;
	int64_t elapsed = json->view->ended - json->began;
	cJSON *line;

	for (size_t i = 0; i < json->view->count; i++) {
		const char *missed = report_json_missed(&json->view->list[i], verdict);

		if (missed)
			report_json_target(json, missed, &json->view->list[i], elapsed);
	}
	line = eventline_new("end", elapsed);
	report_facts_add_verdict(line, verdict, signal);
	eventline_send(json->log, line);
	json->view = NULL;
}

/* Never the arguments: they may hold a password. */
static void report_json_exec(struct report_sink *sink, const char *path)
{
	struct report_json *json = (struct report_json *)sink;
	cJSON *line = eventline_new("exec", clock_now() - json->began);

	json_add_text(line, "command", path);
	eventline_send(json->log, line);
}

static void report_json_free(struct report_sink *sink)
{
	free(sink);
}

struct report_sink *report_json_new(struct log *log)
{
	struct report_json *json = alloc_zero(1, sizeof(*json));

	json->sink = (struct report_sink){.begin = report_json_begin,
					  .attempted = report_json_attempted,
					  .done = report_json_done,
					  .end = report_json_end,
					  .exec = report_json_exec,
					  .free = report_json_free};
	json->log = log;
	return &json->sink;
}
