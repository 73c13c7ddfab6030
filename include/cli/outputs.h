/* Who is told of the wait, and in which form: the sinks that the settings ask for. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "base/errors.h"
#include "settings/config.h"
#include "system/env.h"
#include "system/log.h"
#include "wait/sinks.h"

struct outputs {
	struct sinks report;
	struct log events; /* where --report-fd wants the events */
};

/*
 * Gives the log of stderr the level that the settings ask for and, where events go to stderr, their form: then all that
 * is said there is an event. config may be of a failed load_settings.
 */
void outputs_set_log(struct config *config, struct log *log);

/*
 * Opens what --output, --report-fd and --report ask for; fails where one of them cannot be written. log, which is
 * that of stderr, and outputs must outlive the wait. The descriptor of --report-fd is closed at exec, so that its
 * reader sees the end; 0 to 2 are the app's and stay open. To be released on failure too.
 */
int outputs_open(struct outputs *outputs, const struct config *config, const struct env *env, struct log *log,
		 struct error *err);
void outputs_release(struct outputs *outputs);

#endif
