#include "report/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "report/words.h"

/*
 * A peer that flaps must not fill the log: a 60 s wait stays under 10 lines for each target. The first
 * changes are the interesting ones; later ones are told every 15 s.
 */
enum { LINES_BURST = 4 };

#define LINES_INTERVAL (15 * CLOCK_S)

/* What was said of one target. */
struct lines_said {
	enum outcome_kind last;
	int lines;
	int64_t when;
};

struct lines {
	struct sink sink;
	struct log *log;
	const struct sinks_view *view; /* until the end */
	struct lines_said *said;       /* one for each target of the view */
};

static bool lines_is_due(struct lines *text, const struct progress *progress)
{
	struct lines_said *said = &text->said[progress - text->view->list];
	int64_t now = clock_now();

	if (said->last == progress->outcome.kind)
		return false;
	if (said->lines >= LINES_BURST && now - said->when < LINES_INTERVAL)
		return false;
	said->last = progress->outcome.kind;
	said->lines++;
	said->when = now;
	return true;
}

static void lines_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	struct lines *text = (struct lines *)sink;
	bool verbose = text->log->level >= LOG_LEVEL_VERBOSE;
	char waited[32];

	(void)changed; /* compared with what was said, which may be older */
	if (!verbose && !lines_is_due(text, progress))
		return;
	if (verbose)
		log_line(text->log, LOG_LEVEL_VERBOSE, "%s: attempt %u after %s: %s", progress->target->text,
			 progress->attempts, clock_format(clock_now() - text->view->started, waited, sizeof(waited)),
			 words_reason(progress, false).text);
	else
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: %s", progress->target->text,
			 words_reason(progress, text->view->down).text);
}

static void lines_done(struct sink *sink, const struct progress *progress)
{
	struct lines *text = (struct lines *)sink;
	char place[PLACE_TEXT_MAX], waited[32];

	place_text(&progress->place, place, sizeof(place));
	clock_format(progress->finished - text->view->started, waited, sizeof(waited));
	if (text->view->down)
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: down after %s, %u attempt%s: %s", progress->target->text,
			 waited, progress->attempts, progress->attempts == 1 ? "" : "s",
			 words_reason(progress, false).text);
	else
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: ready at %s after %s, %u attempt%s", progress->target->text,
			 place, waited, progress->attempts, progress->attempts == 1 ? "" : "s");
}

static void lines_summary(struct lines *text)
{
	const struct sinks_view *view = text->view;
	char time[32];

	for (size_t i = 0; i < view->count; i++) {
		const struct progress *progress = &view->list[i];

		if (progress->state != PROGRESS_DONE && progress->state != PROGRESS_SKIPPED)
			log_line(text->log, LOG_LEVEL_ERROR, "%s: %s: %s, %u attempt%s in %s", progress->target->text,
				 view->down ? "not down" : "not ready", words_reason(progress, false).text,
				 progress->attempts, progress->attempts == 1 ? "" : "s",
				 clock_format(progress_elapsed(progress, view->started, view->ended), time,
					      sizeof(time)));
	}
}

/* The limit of the first target that is missed, since its time was up. */
static int64_t lines_expired(const struct sinks_view *view)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->list[i].state == PROGRESS_EXPIRED)
			return view->list[i].target->settings.timeout;
	return view->timeout;
}

static void lines_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct lines *text = (struct lines *)sink;
	char time[32];

	switch (verdict) {
	case VERDICT_TIMED_OUT:
		log_line(text->log, LOG_LEVEL_ERROR, "timed out after %s",
			 clock_format(lines_expired(text->view), time, sizeof(time)));
		lines_summary(text);
		break;
	case VERDICT_GAVE_UP:
		log_line(text->log, LOG_LEVEL_ERROR, "gave up: waiting longer does not help");
		lines_summary(text);
		break;
	case VERDICT_SIGNALLED:
		log_line(text->log, LOG_LEVEL_NORMAL, "stopped by %s", strsignal(signal));
		break;
	case VERDICT_READY:
	case VERDICT_NOT_READY:
		break;
	}
	text->view = NULL;
}

static void lines_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct lines *text = (struct lines *)sink;

	(void)loop;
	text->view = view;
	text->said = alloc_zero(view->count, sizeof(*text->said));
}

static void lines_free(struct sink *sink)
{
	struct lines *text = (struct lines *)sink;

	free(text->said);
	free(text);
}

struct sink *lines_new(struct log *log)
{
	struct lines *text = alloc_zero(1, sizeof(*text));

	text->sink = (struct sink){.begin = lines_begin,
				   .attempted = lines_attempted,
				   .done = lines_done,
				   .end = lines_end,
				   .free = lines_free};
	text->log = log;
	return &text->sink;
}
