/*
 * docker-compose-wait's program `wait`, version 2.12, which reads its environment only.
 * https://github.com/ufoscout/docker-compose-wait
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"

/* The levels of WAIT_LOGGER_LEVEL, each with those before it. */
enum composewait_level { COMPOSEWAIT_OFF, COMPOSEWAIT_ERROR, COMPOSEWAIT_WARN, COMPOSEWAIT_INFO, COMPOSEWAIT_DEBUG };

static const char composewait_levels[][6] = {"off", "error", "warn", "info"};

/* Numbers of seconds, which go to line->values: the variable, its old name, the default, and how it is told. */
enum { COMPOSEWAIT_TIMEOUT, COMPOSEWAIT_CONNECT, COMPOSEWAIT_BEFORE, COMPOSEWAIT_AFTER, COMPOSEWAIT_NUMBERS };

static const struct composewait_number {
	const char *name, *old, *standard;
} composewait_numbers[] = {
	{"WAIT_TIMEOUT", "WAIT_HOSTS_TIMEOUT", "30"},
	{"WAIT_HOST_CONNECT_TIMEOUT", "", "5"},
	{"WAIT_BEFORE", "WAIT_BEFORE_HOSTS", "0"},
	{"WAIT_AFTER", "WAIT_AFTER_HOSTS", "0"},
};

static const char composewait_rule[] = "--------------------------------------------------------";

/* Returns the variable of that name; "" without it. */
static const char *composewait_value(const struct frontline *line, const char *name)
{
	const char *value = env_get(line->env, name);

	return value ? value : "";
}

/* Takes the numbers, but for WAIT_SLEEP_INTERVAL: the pauses are waitfor's. What is none, and what is missing, is the default. */
static void composewait_take_numbers(struct frontline *line)
{
	for (int i = 0; i < COMPOSEWAIT_NUMBERS; i++) {
		const struct composewait_number *number = &composewait_numbers[i];
		const char *value = env_get(line->env, number->name);

		value = value ? value : composewait_value(line, number->old);
		line->values[i] = frontargs_is_whole(value) ? value : number->standard;
	}
}

static int composewait_level(const char *name)
{
	int level = COMPOSEWAIT_OFF;

	while (level < COMPOSEWAIT_DEBUG && strcasecmp(name, composewait_levels[level]) != 0)
		level++;
	return level;
}

/* Adds a path, else host and port, or a URL of waitfor's. The line owns it from now on. */
static void composewait_add(struct frontline *line, char *item, bool is_path)
{
	if (!is_path && strstr(item, "://"))
		frontline_target(line, item, NULL);
	else
		frontline_target(line, is_path ? fronturl_path("file://", item) : alloc_format("tcp://%s", item), item);
}

/* Adds each of the items, which commas separate, without the blanks around it. */
static void composewait_add_all(struct frontline *line, const char *list, bool is_path)
{
	static const char blanks[] = " \t\r\n";

	for (size_t len; *list; list += len + (list[len] == ',')) {
		size_t first = strspn(list, blanks), end;

		len = strcspn(list, ",");
		for (end = len; end > first && strchr(blanks, list[end - 1]); end--)
			;
		if (end > first)
			composewait_add(line, alloc_slice(list + first, end - first), is_path);
	}
}

/* Says what comes before the wait. */
static void composewait_say_start(struct frontline *line)
{
	if (line->level >= COMPOSEWAIT_INFO)
		frontline_say(line,
			      "[INFO  wait] %s\n"
			      "[INFO  wait]  docker-compose-wait 2.12.1 (waitfor " WAITFOR_VERSION ")\n"
			      "[INFO  wait] ---------------------------\n",
			      composewait_rule);
	if (line->before && line->level >= COMPOSEWAIT_INFO)
		frontline_say(line, "[INFO  wait] Waiting %s seconds before checking for hosts/paths availability\n",
			      line->values[COMPOSEWAIT_BEFORE]);
}

/* Returns the time in microseconds. A number that is too large is no pause. */
static int64_t composewait_pause(const char *seconds)
{
	int64_t pause = frontargs_duration(seconds);

	return pause < 0 ? 0 : pause;
}

static bool composewait_is_zero(const char *number)
{
	return !number[strspn(number, "0")];
}

static void composewait_settle(struct frontline *line)
{
	const char *timeout, *connect;

	composewait_take_numbers(line);
	line->level = composewait_level(composewait_value(line, "WAIT_LOGGER_LEVEL"));
	line->before = composewait_pause(line->values[COMPOSEWAIT_BEFORE]);
	line->after = composewait_pause(line->values[COMPOSEWAIT_AFTER]);
	timeout = line->values[COMPOSEWAIT_TIMEOUT];
	connect = line->values[COMPOSEWAIT_CONNECT];
	if (composewait_is_zero(timeout))
		frontline_option(line, "--once", NULL);
	else
		frontline_option(line, "-t", timeout);
	frontline_option(line, "--attempt-timeout", composewait_is_zero(connect) ? "5" : connect);
	composewait_add_all(line, composewait_value(line, "WAIT_HOSTS"), false);
	composewait_add_all(line, composewait_value(line, "WAIT_PATHS"), true);
	if (frontline_cut(&line->words, composewait_value(line, "WAIT_COMMAND"))) {
		frontline_refuse(line, 1, "WAIT_COMMAND: a quote is not closed");
		return;
	}
	line->command = line->words.count ? line->words.items : NULL;
	composewait_say_start(line);
}

static bool composewait_is_path(const struct progress *progress)
{
	return frontline_after(progress->target->text, "file:");
}

static void composewait_say_target(struct frontline *line, const struct frontline_news *news)
{
	const char *subject = news->subject;
	bool is_path = composewait_is_path(news->progress);

	if (news->moment == FRONTLINE_BEGIN)
		frontline_say(line, "[INFO  wait] Checking availability of %s [%s]\n", is_path ? "path" : "host",
			      subject);
	else if (news->moment == FRONTLINE_DONE)
		frontline_say(line, "[INFO  wait] %s [%s] is now available!\n", is_path ? "Path" : "Host", subject);
	else if (news->changed)
		frontline_say(line,
			      is_path ? "[INFO  wait] Path %s not yet available...\n"
				      : "[INFO  wait] Host [%s] not yet available...\n",
			      subject);
}

static void composewait_say_late(struct frontline *line, const struct sinks_view *view)
{
	bool hosts = false;

	for (size_t i = 0; i < view->count; i++)
		hosts |= view->list[i].state != PROGRESS_DONE && !composewait_is_path(&view->list[i]);
	frontline_say(line,
		      hosts ? "[ERROR wait] Timeout! After %s seconds some hosts are still not reachable\n"
			    : "[ERROR wait] Timeout! After [%s] seconds some paths are still not reachable\n",
		      line->values[COMPOSEWAIT_TIMEOUT]);
}

/* Says what is of the level INFO. */
static void composewait_say_progress(struct frontline *line, const struct frontline_news *news)
{
	bool is_ready = news->moment == FRONTLINE_END && news->verdict == VERDICT_READY;

	if (news->progress && !line->waits_for_nothing)
		composewait_say_target(line, news);
	if (is_ready && line->after)
		frontline_say(line, "[INFO  wait] Waiting %s seconds after hosts/paths availability\n",
			      line->values[COMPOSEWAIT_AFTER]);
	else if (is_ready || news->moment == FRONTLINE_RESTED)
		frontline_say(line,
			      "[INFO  wait] docker-compose-wait - Everything's fine, the application can now start!\n"
			      "[INFO  wait] %s\n",
			      composewait_rule);
}

static void composewait_say(struct frontline *line, const struct frontline_news *news)
{
	bool is_late = news->verdict == VERDICT_TIMED_OUT || news->verdict == VERDICT_NOT_READY;

	if (line->level >= COMPOSEWAIT_INFO)
		composewait_say_progress(line, news);
	if (news->moment == FRONTLINE_END && is_late && line->level >= COMPOSEWAIT_ERROR)
		composewait_say_late(line, news->view);
}

const struct front front_composewait = {
	.names = "wait|docker-compose-wait",
	.options = "",
	.settle = composewait_settle,
	.say = composewait_say,
	.stream = STDERR_FILENO,
	.late = 1,
	.fault = 1,
	.starts_nothing = true,
};
