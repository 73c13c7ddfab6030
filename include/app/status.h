/* What --state writes and --health answers: which targets are ready, where they are, and whether the app runs. */
#ifndef APP_STATUS_H
#define APP_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

/* The "version" of the document; docs/waitfor.1 describes it, and when it is raised. */
enum { STATUS_VERSION = 1 };

struct status_target {
	const struct target *target;
	const struct place *place; /* where it is, as far as that is known */
	const char *state;         /* "ready", "lost", or "waiting" if it was never ready */
	enum outcome_kind reason;  /* of the last look */
};

struct status {
	bool is_ready;
	bool has_app;    /* the document tells of it */
	pid_t pid;       /* of the app; 0: there is none */
	unsigned starts; /* of the app, so far */
	const struct status_target *targets;
	size_t count;
};

/* Returns the JSON, on one line with '\n' at its end. The caller frees it. */
char *status_text(const struct status *status);

#endif
