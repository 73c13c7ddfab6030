#include "report/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/*
 * A peer that flaps must not fill the log: a 60 s wait stays under 10 lines for each target. The first
 * changes are the interesting ones; later ones are told every 15 s.
 */
enum { REPORT_BURST = 4 };

#define REPORT_INTERVAL (15 * CLOCK_S)

/* What was said of one target; found by its progress, in the order they turn up. */
struct report_said {
	const struct progress *progress;
	enum outcome_kind last;
	int lines;
	int64_t when;
};

struct report_text {
	struct report_sink sink;
	struct log *log;
	const struct report_view *view;
	struct report_said *said;
	size_t said_count;
};

static struct report_said *report_said_of(struct report_text *text, const struct progress *progress)
{
	for (size_t i = 0; i < text->said_count; i++)
		if (text->said[i].progress == progress)
			return &text->said[i];
	text->said = alloc_resize(text->said, text->said_count + 1, sizeof(*text->said));
	text->said[text->said_count] = (struct report_said){.progress = progress};
	return &text->said[text->said_count++];
}

static bool report_is_due(struct report_text *text, const struct progress *progress)
{
	struct report_said *said = report_said_of(text, progress);
	int64_t now = clock_now();

	if (said->last == progress->outcome.kind)
		return false;
	if (said->lines >= REPORT_BURST && now - said->when < REPORT_INTERVAL)
		return false;
	said->last = progress->outcome.kind;
	said->lines++;
	said->when = now;
	return true;
}

static void report_text_attempted(struct report_sink *sink, const struct progress *progress, bool changed)
{
	struct report_text *text = (struct report_text *)sink;
	bool verbose = text->log->level >= LOG_LEVEL_VERBOSE;
	char waited[32];

	(void)changed; /* compared with what was said, which may be older */
	if (!verbose && !report_is_due(text, progress))
		return;
	if (verbose)
		log_line(text->log, LOG_LEVEL_VERBOSE, "%s: attempt %u after %s: %s", progress->target->text,
			 progress->attempts, clock_format(clock_now() - progress->started, waited, sizeof(waited)),
			 progress_reason(progress).text);
	else
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: %s%s", progress->target->text,
			 text->view->down ? progress_not_down(progress) : "", progress_reason(progress).text);
}

static void report_text_done(struct report_sink *sink, const struct progress *progress)
{
	struct report_text *text = (struct report_text *)sink;
	char place[PROGRESS_PLACE_MAX], waited[32];

	progress_place_text(&progress->place, place, sizeof(place));
	clock_format(progress->finished - progress->started, waited, sizeof(waited));
	if (text->view->down)
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: down after %s, %u attempt%s: %s", progress->target->text,
			 waited, progress->attempts, progress->attempts == 1 ? "" : "s",
			 progress_reason(progress).text);
	else
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: ready at %s after %s, %u attempt%s", progress->target->text,
			 place, waited, progress->attempts, progress->attempts == 1 ? "" : "s");
}

static void report_text_summary(struct report_text *text)
{
	const struct report_view *view = text->view;
	char time[32];

	for (size_t i = 0; i < view->count; i++) {
		const struct progress *progress = &view->list[i];

		if (!progress->done && !progress->spared)
			log_line(text->log, LOG_LEVEL_ERROR, "%s: %s: %s, %u attempt%s in %s", progress->target->text,
				 view->down ? "not down" : "not ready", progress_reason(progress).text,
				 progress->attempts, progress->attempts == 1 ? "" : "s",
				 clock_format(progress_elapsed(progress, view->ended), time, sizeof(time)));
	}
}

/* The limit of the first target that is missed, since its time was up. */
static int64_t report_text_expired(const struct report_view *view)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->list[i].expired && !view->list[i].spared)
			return view->list[i].target->settings.timeout;
	return view->timeout;
}

static void report_text_end(struct report_sink *sink, enum report_verdict verdict, int signal)
{
	struct report_text *text = (struct report_text *)sink;
	char time[32];

	switch (verdict) {
	case REPORT_TIMED_OUT:
		log_line(text->log, LOG_LEVEL_ERROR, "timed out after %s",
			 clock_format(report_text_expired(text->view), time, sizeof(time)));
		report_text_summary(text);
		break;
	case REPORT_GAVE_UP:
		log_line(text->log, LOG_LEVEL_ERROR, "gave up: waiting longer does not help");
		report_text_summary(text);
		break;
	case REPORT_SIGNALLED:
		log_line(text->log, LOG_LEVEL_NORMAL, "stopped by %s", strsignal(signal));
		break;
	case REPORT_READY:
	case REPORT_NOT_READY:
		break;
	}
}

static void report_text_begin(struct report_sink *sink, const struct report_view *view, struct loop *loop)
{
	struct report_text *text = (struct report_text *)sink;

	(void)loop;
	text->view = view;
}

static void report_text_free(struct report_sink *sink)
{
	struct report_text *text = (struct report_text *)sink;

	free(text->said);
	free(text);
}

struct report_sink *report_text_new(struct log *log)
{
	struct report_text *text = alloc_zero(1, sizeof(*text));

	text->sink = (struct report_sink){.begin = report_text_begin,
					  .attempted = report_text_attempted,
					  .done = report_text_done,
					  .end = report_text_end,
					  .free = report_text_free};
	text->log = log;
	return &text->sink;
}
