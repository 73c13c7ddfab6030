/* The outputs of a wait: opens the sinks that the settings ask for. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "base/errors.h"
#include "cli/front/frontline.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "wait/sinks.h"

struct outputs {
	struct sinks report;
	struct log events; /* for the events of --report-fd */
};

/*
 * Sets the level of log, which writes to stderr. If events go to stderr, each line of the log becomes an event, too.
 * Changes config->output and config->report_fd if --report-fd is 2. config may be from a load_settings that failed.
 */
void outputs_set_log(struct config *config, struct log *log);

/*
 * Opens the outputs of --output, --report-fd and --report. If line stands for another tool, that one's messages take
 * the place of waitfor's lines. log writes to stderr; log and outputs must outlive the
 * wait. Fails if an output cannot be written, or would be stdout together with --print-env. The descriptor of
 * --report-fd is closed at exec, so that its reader sees the end, unless it is 0, 1 or 2, which belong to the app.
 * outputs must be freed with outputs_release, also on failure.
 */
int outputs_open(struct outputs *outputs, const struct config *config, struct frontline *line, const struct env *env,
		 struct log *log, struct error *err);
/* The last event is written, and the process lives on: who reads from --report-fd must find the end. */
void outputs_close_events(const struct config *config);

void outputs_release(struct outputs *outputs);

#endif
