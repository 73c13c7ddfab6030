#include "report/eventline.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

/* A message may be as long as log_line's: errors say at their end what would be right. Twice that is below PIPE_BUF. */
enum { EVENTLINE_MESSAGE_MAX = 1400 };

char *eventline_time(char *out, size_t size)
{
	struct timespec now = {0};
	struct tm utc = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
		 utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
	return out;
}

cJSON *eventline_new(const char *name, int64_t elapsed)
{
	cJSON *event = alloc_check(cJSON_CreateObject());
	char time[EVENTLINE_TIME_MAX];

	json_add_whole(event, "version", EVENTLINE_VERSION);
	json_add_text(event, "event", name);
	json_add_text(event, "time", eventline_time(time, sizeof(time)));
	json_add_whole(event, "elapsed_ms", elapsed / CLOCK_MS);
	return event;
}

void eventline_send(struct log *log, cJSON *event)
{
	char *line = json_line(event);

	log_raw(log, line);
	free(line);
	cJSON_Delete(event);
}

static char *eventline_message(const struct log *log, enum log_level level, const char *text)
{
	cJSON *event = eventline_new("message", log->began ? clock_now() - log->began : 0);
	char *clean = json_clean(text, EVENTLINE_MESSAGE_MAX), *line;

	json_add_text(event, "level", level == LOG_LEVEL_ERROR ? "error" : "notice");
	alloc_check(cJSON_AddStringToObject(event, "text", clean));
	line = json_line(event);
	free(clean);
	cJSON_Delete(event);
	return line;
}

void eventline_set_log(struct log *log)
{
	log->format = eventline_message;
}
