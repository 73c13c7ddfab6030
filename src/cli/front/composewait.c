/*
 * docker-compose-wait's program `wait`, version 2.12, which reads its environment only.
 * https://github.com/ufoscout/docker-compose-wait
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"

/* The levels of WAIT_LOGGER_LEVEL, each with those before it. */
enum composewait_level { COMPOSEWAIT_OFF, COMPOSEWAIT_ERROR, COMPOSEWAIT_INFO, COMPOSEWAIT_DEBUG };

static const char *const composewait_levels[] = {"OFF  ", "ERROR", "INFO ", "DEBUG"};
static const char composewait_rule[] = "--------------------------------------------------------";

/* Says a line of that level, of three pieces, unless WAIT_LOGGER_LEVEL leaves it out. */
static void composewait_tell(struct frontline *line, int level, const char *before, const char *word, const char *after)
{
	if (line->level >= level)
		frontline_say(line, "[%s wait] %s%s%s\n", composewait_levels[level], before, word, after);
}

/* Returns the variable of that name, else that of its old name; "" without both. */
static const char *composewait_value(const struct env *env, const char *name, const char *old)
{
	const char *value = env_get(env, name);

	value = value || !old ? value : env_get(env, old);
	return value ? value : "";
}

/* Returns the number, or the default for what is none. */
static const char *composewait_number(const struct env *env, const char *name, const char *old, const char *otherwise)
{
	const char *value = composewait_value(env, name, old);

	return *value && strspn(value, "0123456789") == strlen(value) ? value : otherwise;
}

static enum composewait_level composewait_take_level(const struct env *env)
{
	const char *level = composewait_value(env, "WAIT_LOGGER_LEVEL", NULL);

	if (strcasecmp(level, "off") == 0)
		return COMPOSEWAIT_OFF;
	if (strcasecmp(level, "error") == 0 || strcasecmp(level, "warn") == 0)
		return COMPOSEWAIT_ERROR;
	return strcasecmp(level, "info") == 0 ? COMPOSEWAIT_INFO : COMPOSEWAIT_DEBUG;
}

/* Adds the host and port, or a URL of waitfor's, which the line owns from now on. */
static void composewait_add_host(struct frontline *line, char *host)
{
	bool is_url = strstr(host, "://") != NULL;

	frontline_target(line, is_url ? alloc_text(host) : alloc_format("tcp://%s", host),
			 is_url ? NULL : alloc_text(host));
	free(host);
}

/* Adds the file, which the line owns from now on. */
static void composewait_add_path(struct frontline *line, char *path)
{
	frontline_target(line, fronturl_file("", path), path);
}

/* Adds each of the items, which commas separate, without the blanks around it. */
static void composewait_add_items(struct frontline *line, const char *list, void (*add)(struct frontline *, char *))
{
	static const char blanks[] = " \t\r\n";

	for (size_t len; *list; list += len + (list[len] == ',')) {
		size_t first = strspn(list, blanks), end;

		len = strcspn(list, ",");
		for (end = len; end > first && strchr(blanks, list[end - 1]); end--)
			;
		if (end > first)
			add(line, alloc_slice(list + first, end - first));
	}
}

static void composewait_take_command(struct frontline *line, const char *text)
{
	if (frontline_cut(&line->made, text))
		frontline_refuse(line, 1, "WAIT_COMMAND: a quote is not closed\n");
	else if (line->made.count)
		frontline_command(line, (int)line->made.count, line->made.items, 0);
}

static void composewait_say_settings(struct frontline *line, const struct env *env, const char *connect,
				     const char *interval, const char *before, const char *after)
{
	const char *hosts = composewait_value(env, "WAIT_HOSTS", NULL);

	if (line->level >= COMPOSEWAIT_INFO)
		frontline_say(line,
			      "[INFO  wait] %s\n"
			      "[INFO  wait]  docker-compose-wait 2.12.1 (waitfor " WAITFOR_VERSION ")\n"
			      "[INFO  wait] ---------------------------\n",
			      composewait_rule);
	if (line->level >= COMPOSEWAIT_DEBUG)
		frontline_say(line,
			      "[DEBUG wait] Starting with configuration:\n"
			      "[DEBUG wait]  - Hosts to be waiting for: [%s]\n"
			      "[DEBUG wait]  - Paths to be waiting for: [%s]\n"
			      "[DEBUG wait]  - Timeout before failure: %s seconds \n"
			      "[DEBUG wait]  - TCP connection timeout before retry: %s seconds \n"
			      "%s%s%s"
			      "[DEBUG wait]  - Sleeping time before checking for hosts/paths availability: %s seconds\n"
			      "[DEBUG wait]  - Sleeping time once all hosts/paths are available: %s seconds\n"
			      "[DEBUG wait]  - Sleeping time between retries: %s seconds\n"
			      "[DEBUG wait] %s\n",
			      strstr(hosts, "://") ? "***" : hosts, /* a URL may hold a password */
			      composewait_value(env, "WAIT_PATHS", NULL), line->limit, connect,
			      line->command ? "[DEBUG wait]  - Command to run once ready: " : "",
			      line->command ? line->command[0] : "", line->command ? "\n" : "", before, after, interval,
			      composewait_rule);
	if (line->before)
		composewait_tell(line, COMPOSEWAIT_INFO, "Waiting ", before,
				 " seconds before checking for hosts/paths availability");
}

/* Returns the time in microseconds. A number that is too large is no pause. */
static int64_t composewait_pause(const char *seconds)
{
	int64_t pause = frontargs_duration(seconds);

	return pause < 0 ? 0 : pause;
}

static void composewait_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	const char *connect = composewait_number(env, "WAIT_HOST_CONNECT_TIMEOUT", NULL, "5");
	const char *interval = composewait_number(env, "WAIT_SLEEP_INTERVAL", NULL, "1");
	const char *before = composewait_number(env, "WAIT_BEFORE", "WAIT_BEFORE_HOSTS", "0");
	const char *after = composewait_number(env, "WAIT_AFTER", "WAIT_AFTER_HOSTS", "0");

	(void)argc;
	(void)argv;
	line->limit = composewait_number(env, "WAIT_TIMEOUT", "WAIT_HOSTS_TIMEOUT", "30");
	line->level = composewait_take_level(env);
	line->before = composewait_pause(before);
	line->after = composewait_pause(after);
	if (strspn(line->limit, "0") == strlen(line->limit)) {
		frontline_option(line, "--once", NULL);
	} else {
		frontline_option(line, "-t", line->limit);
	}
	frontline_option(line, "--attempt-timeout", strspn(connect, "0") == strlen(connect) ? "5" : connect);
	composewait_add_items(line, composewait_value(env, "WAIT_HOSTS", NULL), composewait_add_host);
	composewait_add_items(line, composewait_value(env, "WAIT_PATHS", NULL), composewait_add_path);
	if (!line->targets.count)
		frontline_nothing(line);
	composewait_take_command(line, composewait_value(env, "WAIT_COMMAND", NULL));
	if (line->ends)
		return;
	composewait_say_settings(line, env, connect, interval, before, after);
}

static bool composewait_is_path(const struct progress *progress)
{
	return strncmp(progress->target->text, "file:", 5) == 0;
}

static void composewait_say_target(struct frontline *line, const struct frontline_news *news)
{
	const char *subject = news->subject;
	bool is_path = composewait_is_path(news->progress);

	if (news->moment == FRONTLINE_BEGIN)
		composewait_tell(line, COMPOSEWAIT_INFO,
				 is_path ? "Checking availability of path [" : "Checking availability of host [",
				 subject, "]");
	else if (news->moment == FRONTLINE_DONE)
		composewait_tell(line, COMPOSEWAIT_INFO, is_path ? "Path [" : "Host [", subject, "] is now available!");
	else if (news->changed)
		composewait_tell(line, COMPOSEWAIT_INFO, is_path ? "Path " : "Host [", subject,
				 is_path ? " not yet available..." : "] not yet available...");
}

static void composewait_say_fine(struct frontline *line)
{
	composewait_tell(line, COMPOSEWAIT_INFO,
			 "docker-compose-wait - Everything's fine, the application can now start!", "", "");
	composewait_tell(line, COMPOSEWAIT_INFO, composewait_rule, "", "");
}

static void composewait_say_late(struct frontline *line, const struct sinks_view *view)
{
	bool hosts = false;

	for (size_t i = 0; i < view->count; i++)
		hosts |= view->list[i].state != PROGRESS_DONE && !composewait_is_path(&view->list[i]);
	if (hosts)
		composewait_tell(line, COMPOSEWAIT_ERROR, "Timeout! After ", line->limit,
				 " seconds some hosts are still not reachable");
	else
		composewait_tell(line, COMPOSEWAIT_ERROR, "Timeout! After [", line->limit,
				 "] seconds some paths are still not reachable");
}

static void composewait_say_end(struct frontline *line, const struct frontline_news *news)
{
	char *seconds;

	if (news->verdict == VERDICT_TIMED_OUT || news->verdict == VERDICT_NOT_READY)
		composewait_say_late(line, news->view);
	if (news->verdict != VERDICT_READY)
		return;
	if (!line->after) {
		composewait_say_fine(line);
		return;
	}
	seconds = alloc_format("%" PRId64, line->after / CLOCK_S);
	composewait_tell(line, COMPOSEWAIT_INFO, "Waiting ", seconds, " seconds after hosts/paths availability");
	free(seconds);
}

static void composewait_say(struct frontline *line, const struct frontline_news *news)
{
	switch (news->moment) {
	case FRONTLINE_BEGIN:
	case FRONTLINE_TRIED:
	case FRONTLINE_DONE:
		if (!line->waits_for_nothing)
			composewait_say_target(line, news);
		break;
	case FRONTLINE_END:
		composewait_say_end(line, news);
		break;
	case FRONTLINE_RESTED:
		composewait_say_fine(line);
		break;
	}
}

const struct front front_composewait = {
	.names = "wait|docker-compose-wait",
	.read = composewait_read,
	.say = composewait_say,
	.stream = STDERR_FILENO,
	.late = 1,
	.fault = 1,
};
