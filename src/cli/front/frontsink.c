#include "cli/front/frontsink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/cells.h"
#include "net/loop.h"
#include "system/ending.h"
#include "system/log.h"

struct frontsink {
	struct sink sink;
	struct frontline *line;
	const struct sinks_view *view; /* until the end */
};

/* Writes a line. */
static void frontsink_write(struct log *log, const char *text, enum frontline_stamp stamp)
{
	time_t now = time(NULL);
	struct tm day;
	char *line;

	if (!stamp || !gmtime_r(&now, &day)) {
		log_raw(log, text);
		return;
	}
	line = alloc_format(stamp == FRONTLINE_STAMP_GO ? "%04d/%02d/%02d %02d:%02d:%02d %s"
							: "%04d-%02d-%02dT%02d:%02d:%02dZ %s",
			    day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec, text);
	log_raw(log, line);
	free(line);
}

/* Prints what is said and empties it. Waits for a reader as log_line does. */
static void frontsink_flush(struct frontline *line)
{
	char *text, *rest, *next;

	if (!line->said.len)
		return;
	if (!line->has_log || line->log.fd != line->stream)
		log_init(&line->log, line->stream);
	line->has_log = true;
	rest = text = buf_detach(&line->said);
	while (rest && *rest) {
		next = strsep(&rest, "\n");
		if (!line->is_exact)
			cells_clean(next, strlen(next));
		frontsink_write(&line->log, next, line->stamp);
	}
	free(text);
}

static void frontsink_say(struct frontsink *says, struct frontline_news news)
{
	news.view = says->view;
	news.subject = news.progress ? frontline_subject(says->line, says->view, news.progress) : NULL;
	says->line->front->say(says->line, &news);
	frontsink_flush(says->line);
}

static void frontsink_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct frontsink *says = (struct frontsink *)sink;

	(void)loop;
	says->view = view;
	for (size_t i = 0; i < view->count; i++)
		frontsink_say(says, (struct frontline_news){.moment = FRONTLINE_BEGIN, .progress = &view->list[i]});
}

static void frontsink_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	frontsink_say((struct frontsink *)sink,
		      (struct frontline_news){.moment = FRONTLINE_TRIED, .progress = progress, .changed = changed});
}

static void frontsink_done(struct sink *sink, const struct progress *progress)
{
	frontsink_say((struct frontsink *)sink,
		      (struct frontline_news){.moment = FRONTLINE_DONE, .progress = progress});
}

static void frontsink_end(struct sink *sink, enum verdict verdict, int signal)
{
	(void)signal;
	frontsink_say((struct frontsink *)sink, (struct frontline_news){.moment = FRONTLINE_END, .verdict = verdict});
}

static void frontsink_free(struct sink *sink)
{
	free(sink);
}

struct sink *frontsink_new(struct frontline *line)
{
	struct frontsink *says = alloc_zero(1, sizeof(*says));

	says->sink = (struct sink){.begin = frontsink_begin,
				   .attempted = frontsink_attempted,
				   .done = frontsink_done,
				   .end = frontsink_end,
				   .free = frontsink_free};
	says->line = line;
	return &says->sink;
}

int frontsink_end_call(struct frontline *line)
{
	frontsink_flush(line);
	return line->code;
}

static void frontsink_on_rested(void *arg)
{
	loop_stop(arg);
}

/* On a loop, as a wait: a signal ends it, and PID 1 reaps meanwhile. */
static int frontsink_rest(struct process *process, int64_t duration, struct error *err)
{
	struct loop *loop = loop_new(process, err);
	struct loop_timer timer;
	int signal = 0, failed = -1;

	if (loop) {
		loop_timer_init(loop, &timer, frontsink_on_rested, loop);
		loop_timer_set(&timer, duration);
		failed = loop_run(loop, &signal, err);
		loop_timer_clear(&timer);
	}
	loop_free(loop);
	return failed ? EXIT_OWN_FAULT : signal ? ending_exit_code(signal) : 0;
}

int frontsink_rest_before(struct frontline *line, struct process *process, struct error *err)
{
	if (line->front)
		frontsink_flush(line);
	return line->before ? frontsink_rest(process, line->before, err) : 0;
}

int frontsink_rest_after(struct frontline *line, struct process *process, struct error *err)
{
	const struct frontline_news rested = {.moment = FRONTLINE_RESTED};
	int code = line->after ? frontsink_rest(process, line->after, err) : 0;

	if (line->after && code == 0) {
		line->front->say(line, &rested);
		frontsink_flush(line);
	}
	return code;
}
