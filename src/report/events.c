#include "report/events.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "report/facts.h"

/*
 * Bytes of a message: as many as log_line prints, because errors end with what to write instead. Escapes may double it,
 * and the line is still shorter than PIPE_BUF.
 */
enum { EVENTS_MESSAGE_MAX = 1400 };

cJSON *events_line(const char *name, int64_t elapsed)
{
	cJSON *event = alloc_check(cJSON_CreateObject());
	char time[CLOCK_UTC_MAX];

	json_add_whole(event, "version", EVENTS_VERSION);
	json_add_text(event, "event", name);
	json_add_text(event, "time", clock_utc(time, sizeof(time)));
	json_add_whole(event, "elapsed_ms", elapsed / CLOCK_MS);
	return event;
}

void events_send(struct log *log, cJSON *event)
{
	char *line = json_line(event);

	log_raw(log, line);
	free(line);
	cJSON_Delete(event);
}

static char *events_message(const struct log *log, enum log_level level, const char *text)
{
	cJSON *event = events_line("message", log->began ? clock_now() - log->began : 0);
	char *clean = json_clean(text, EVENTS_MESSAGE_MAX), *line;

	json_add_text(event, "level", level == LOG_LEVEL_ERROR ? "error" : "notice");
	alloc_check(cJSON_AddStringToObject(event, "text", clean));
	line = json_line(event);
	free(clean);
	cJSON_Delete(event);
	return line;
}

void events_set_log(struct log *log)
{
	log->format = events_message;
}

struct events {
	struct sink sink;
	struct log *log;
	const struct sinks_view *view; /* until the end */
	int64_t began;                 /* clock_now() time */
};

/* elapsed: microseconds since the wait began. */
static void events_target(struct events *json, const char *event, const struct progress *progress, int64_t elapsed)
{
	cJSON *line = events_line(event, elapsed);

	facts_add_target(line, progress, json->view->down);
	events_send(json->log, line);
}

static void events_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct events *json = (struct events *)sink;

	(void)loop;
	json->view = view;
	json->began = json->log->began = view->started;
	for (size_t i = 0; i < view->count; i++)
		events_target(json, "start", &view->list[i], 0);
}

static void events_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	struct events *json = (struct events *)sink;

	if (changed || json->log->level >= LOG_LEVEL_VERBOSE)
		events_target(json, changed ? "state" : "attempt", progress, clock_now() - json->began);
}

static void events_done(struct sink *sink, const struct progress *progress)
{
	struct events *json = (struct events *)sink;

	events_target(json, json->view->down ? "down" : "ready", progress, progress->finished - json->began);
}

/* Returns the name of the event that the end of the wait causes for a target; NULL: none. */
static const char *events_missed(const struct progress *progress, enum verdict verdict)
{
	if (progress->state == PROGRESS_DONE)
		return NULL;
	if (progress->state == PROGRESS_SKIPPED)
		return "skipped";
	switch (verdict) {
	case VERDICT_TIMED_OUT:
		return "timeout";
	case VERDICT_NOT_READY:
		return "notready";
	case VERDICT_GAVE_UP:
		return progress->state == PROGRESS_EXPIRED ? "timeout" : "giveup";
	case VERDICT_READY:
	case VERDICT_SIGNALLED:
		break;
	}
	return NULL;
}

static void events_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct events *json = (struct events *)sink;
	int64_t elapsed = json->view->ended - json->began;
	cJSON *line;

	for (size_t i = 0; i < json->view->count; i++) {
		const char *missed = events_missed(&json->view->list[i], verdict);

		if (missed)
			events_target(json, missed, &json->view->list[i], elapsed);
	}
	line = events_line("end", elapsed);
	facts_add_verdict(line, verdict, signal);
	events_send(json->log, line);
	json->view = NULL;
}

/* The event has the path, never the arguments: they may contain a password. */
static void events_exec(struct sink *sink, const char *path)
{
	struct events *json = (struct events *)sink;
	cJSON *line = events_line("exec", clock_now() - json->began);

	json_add_text(line, "command", path);
	events_send(json->log, line);
}

/* After the wait, for as long as the app runs. The caller adds to it and sends it. */
static cJSON *events_later(const struct events *json, const char *event, const struct progress *progress)
{
	cJSON *line = events_line(event, clock_now() - json->began);

	facts_add_target(line, progress, false);
	return line;
}

static void events_lost(struct sink *sink, const struct progress *progress)
{
	struct events *json = (struct events *)sink;

	events_send(json->log, events_later(json, "lost", progress));
}

static void events_back(struct sink *sink, const struct progress *progress, int64_t after)
{
	struct events *json = (struct events *)sink;
	cJSON *line = events_later(json, "back", progress);

	json_add_whole(line, "lost_ms", after / CLOCK_MS);
	events_send(json->log, line);
}

static void events_moved(struct sink *sink, const struct progress *progress, const struct place *from)
{
	struct events *json = (struct events *)sink;
	cJSON *line = events_later(json, "moved", progress);
	char before[PLACE_TEXT_MAX];

	json_add_text(line, "from", place_text(from, before, sizeof(before)));
	events_send(json->log, line);
}

static void events_free(struct sink *sink)
{
	free(sink);
}

struct sink *events_new(struct log *log)
{
	struct events *json = alloc_zero(1, sizeof(*json));

	json->sink = (struct sink){.begin = events_begin,
				   .attempted = events_attempted,
				   .done = events_done,
				   .end = events_end,
				   .exec = events_exec,
				   .lost = events_lost,
				   .back = events_back,
				   .moved = events_moved,
				   .free = events_free};
	json->log = log;
	return &json->sink;
}
