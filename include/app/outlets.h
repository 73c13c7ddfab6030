/* Where the status of the targets is shown while the app runs: --state and --health. */
#ifndef APP_OUTLETS_H
#define APP_OUTLETS_H

#include <stdbool.h>

#include "base/errors.h"
#include "net/loop.h"
#include "net/responder.h"
#include "settings/config.h"
#include "system/log.h"
#include "system/outfile.h"

struct outlets {
	struct outfile file; /* without a name: none is asked for */
	struct responder responder;
	struct log *log;
	/* Returns whether all is ready, and sets *text to the document (app/status.h), which is freed by the outlets. */
	bool (*answer)(void *arg, char **text);
	void *arg;
};

/* Checks the words of --health. Returns -1 with err. */
int outlets_check(const struct config_outlets *config, struct error *err);

/* Checks, before the wait, that there can be a state file and an answer to HTTP. Returns -1 with err. */
int outlets_rehearse(const struct config_outlets *config, struct error *err);

/* Opens them; config and log must outlive them. The caller calls outlets_close, also on failure, -1 with err. */
int outlets_open(struct outlets *outlets, const struct config_outlets *config, struct loop *loop, struct log *log,
		 bool (*answer)(void *arg, char **text), void *arg, struct error *err);

/* Something has changed: writes the file. An error is told in log, and all goes on. */
void outlets_write(struct outlets *outlets);

void outlets_close(struct outlets *outlets);

#endif
