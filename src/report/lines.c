#include "report/lines.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/signame.h"
#include "report/words.h"

/*
 * A peer whose reason changes all the time must not fill the log: a wait of 60 s has fewer than 10 lines for each
 * target. The first four changes are printed, because they matter most; after them at most one change every 15 s.
 */
enum { LINES_BURST = 4 };

#define LINES_INTERVAL (15 * CLOCK_S)

/* What was printed about one target. */
struct lines_said {
	enum outcome_kind last;
	uint32_t detail; /* of it; a sum, since a copy for each of thousands of targets takes too much memory */
	int lines;
	int64_t when;
};

struct lines {
	struct sink sink;
	struct log *log;
	const struct sinks_view *view; /* until the end */
	struct lines_said *said;       /* one for each target of the view */
	bool failed;                   /* the wait is over, and not all is ready */
};

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t lines_sum(const char *text)
{
	uint32_t sum = 2166136261u;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static bool lines_is_due(struct lines *text, const struct progress *progress)
{
	struct lines_said *said = &text->said[progress - text->view->list];
	uint32_t detail = lines_sum(progress->outcome.detail);
	int64_t now = clock_now();

	if (said->last == progress->outcome.kind && said->detail == detail)
		return false;
	if (said->lines >= LINES_BURST && now - said->when < LINES_INTERVAL)
		return false;
	said->last = progress->outcome.kind;
	said->detail = detail;
	said->lines++;
	said->when = now;
	return true;
}

static void lines_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	struct lines *text = (struct lines *)sink;
	bool verbose = text->log->level >= LOG_LEVEL_VERBOSE;
	char waited[32];

	(void)changed; /* lines_is_due compares with the last line instead, which may be older than the last attempt */
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
		log_line(text->log, LOG_LEVEL_NORMAL, "%s: ready%s%s after %s, %u attempt%s", progress->target->text,
			 place[0] ? " at " : "", place, waited, progress->attempts, progress->attempts == 1 ? "" : "s");
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

/* The timeout of the first target whose time was up; it ended the wait. */
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
	char time[32], name[24];

	text->failed = verdict != VERDICT_READY;
	switch (verdict) {
	case VERDICT_TIMED_OUT:
		log_line(text->log, LOG_LEVEL_ERROR, "timed out after %s",
			 clock_format(lines_expired(text->view), time, sizeof(time)));
		lines_summary(text);
		break;
	case VERDICT_GAVE_UP:
		log_line(text->log, LOG_LEVEL_ERROR, "gave up: waiting cannot fix this error (--fail-fast)");
		lines_summary(text);
		break;
	case VERDICT_SIGNALLED:
		log_line(text->log, LOG_LEVEL_NORMAL, "stopped by %s", signame_text(signal, name, sizeof(name)));
		break;
	case VERDICT_READY:
	case VERDICT_NOT_READY:
		break;
	}
	text->view = NULL;
}

/* Nobody would expect the app after the summary of a timeout. */
static void lines_exec(struct sink *sink, const char *path)
{
	struct lines *text = (struct lines *)sink;

	if (text->failed)
		log_line(text->log, LOG_LEVEL_NORMAL, "starting %s anyway (--run-anyway)", path);
}

static void lines_lost(struct sink *sink, const struct progress *progress)
{
	const struct lines *text = (struct lines *)sink;

	log_line(text->log, LOG_LEVEL_NORMAL, "%s: lost: %s", progress->target->text,
		 words_reason(progress, false).text);
}

static void lines_back(struct sink *sink, const struct progress *progress, int64_t after)
{
	const struct lines *text = (struct lines *)sink;
	char took[32];

	log_line(text->log, LOG_LEVEL_NORMAL, "%s: back after %s", progress->target->text,
		 clock_format(after, took, sizeof(took)));
}

static void lines_moved(struct sink *sink, const struct progress *progress, const struct place *from)
{
	const struct lines *text = (struct lines *)sink;
	char before[PLACE_TEXT_MAX], now[PLACE_TEXT_MAX];

	log_line(text->log, LOG_LEVEL_NORMAL, "%s: moved from %s to %s", progress->target->text,
		 place_text(from, before, sizeof(before)), place_text(&progress->place, now, sizeof(now)));
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
				   .exec = lines_exec,
				   .lost = lines_lost,
				   .back = lines_back,
				   .moved = lines_moved,
				   .free = lines_free};
	text->log = log;
	return &text->sink;
}
