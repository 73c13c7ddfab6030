#include "cli/outputs.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/front/frontsink.h"
#include "report/events.h"
#include "report/file.h"
#include "report/lines.h"
#include "report/screen.h"
#include "system/process.h"

void outputs_set_log(struct config *config, struct log *log)
{
	static const enum log_level levels[] = {
		[CONFIG_VERBOSITY_NORMAL] = LOG_LEVEL_NORMAL,
		[CONFIG_VERBOSITY_QUIET] = LOG_LEVEL_ERROR,
		[CONFIG_VERBOSITY_VERBOSE] = LOG_LEVEL_VERBOSE,
	};

	log->level = levels[config->verbosity];
	if (config->report_fd == STDERR_FILENO) {
		config->output = CONFIG_OUTPUT_JSON;
		config->report_fd = -1;
	}
	if (config->output == CONFIG_OUTPUT_JSON && config->report_fd < 0)
		events_set_log(log);
}

/*
 * Returns the board if it is asked for or the terminal can show it, but lines with -q or -v, without a target, and beside the app;
 * else lines.
 */
static struct sink *outputs_for_people(const struct config *config, const struct env *env, struct log *log)
{
	bool board = config->output == CONFIG_OUTPUT_BOARD ||
		     (config->output == CONFIG_OUTPUT_AUTO && screen_fits(env, log->fd));

	if (board && config->plan.target_count && !config->hold.on && !config->follow.on &&
	    log->level == LOG_LEVEL_NORMAL)
		return screen_new(log, log->fd, screen_colour(env));
	return lines_new(log);
}

/* With --print-env only the variables may be on stdout, because a shell may evaluate it. */
static int outputs_refuse_stdout(const char *what, struct error *err)
{
	return errors_set(err, "%s: standard output is for the variables of --print-env; name a file", what);
}

static int outputs_open_events(struct outputs *outputs, const struct config *config, struct log *log, struct error *err)
{
	const char *refused;

	if (config->report_fd < 0) {
		if (config->output == CONFIG_OUTPUT_JSON)
			sinks_add(&outputs->report, events_new(log));
		return 0;
	}
	refused = process_refuse_descriptor(config->report_fd);
	if (refused)
		return errors_set(err, "--report-fd %d: that descriptor is %s; write %d>FILE", config->report_fd,
				  refused, config->report_fd);
	if (config->print_env && config->report_fd == STDOUT_FILENO)
		return outputs_refuse_stdout("--report-fd 1", err);
	if (config->report_fd > STDERR_FILENO)
		fcntl(config->report_fd, F_SETFD, FD_CLOEXEC);
	log_init(&outputs->events, config->report_fd);
	outputs->events.level = log->level;
	events_set_log(&outputs->events);
	sinks_add(&outputs->report, events_new(&outputs->events));
	return 0;
}

int outputs_open(struct outputs *outputs, const struct config *config, struct frontline *line, const struct env *env,
		 struct log *log, struct error *err)
{
	*outputs = (struct outputs){0};
	line->runs_anyway = config->run_anyway;
	if (config->output != CONFIG_OUTPUT_JSON || config->report_fd >= 0)
		sinks_add(&outputs->report, line->front ? frontsink_new(line) : outputs_for_people(config, env, log));
	if (outputs_open_events(outputs, config, log, err))
		return -1;
	for (size_t i = 0; i < config->reports.count; i++) {
		struct sink *sink = report_file_new(config->reports.items[i], log, err);

		if (!sink)
			return errors_prefix(err, "--report");
		sinks_add(&outputs->report, sink);
		if (config->print_env && report_file_is_stdout(sink))
			return outputs_refuse_stdout(config->reports.items[i], err);
	}
	return 0;
}

void outputs_close_events(const struct config *config)
{
	if (config->report_fd > STDERR_FILENO)
		close(config->report_fd);
}

void outputs_release(struct outputs *outputs)
{
	sinks_release(&outputs->report);
}
