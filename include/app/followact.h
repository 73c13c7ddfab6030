/* What --follow does when a target has moved, or is lost. */
#ifndef APP_FOLLOWACT_H
#define APP_FOLLOWACT_H

#include "base/errors.h"

enum followact_kind {
	FOLLOWACT_TELL,    /* only the reports are told */
	FOLLOWACT_SIGNAL,  /* the app gets a signal */
	FOLLOWACT_RESTART, /* the app is stopped and started again */
	FOLLOWACT_EXEC,    /* a command is run */
	FOLLOWACT_EXIT     /* the app is stopped, and this process ends */
};

struct followact {
	enum followact_kind kind;
	int signal;          /* of FOLLOWACT_SIGNAL */
	const char *command; /* of FOLLOWACT_EXEC; a part of the text */
};

/* Reads "signal=HUP", "restart", "exit" or "exec:COMMAND"; NULL only tells. Returns -1 with err. */
int followact_parse(struct followact *act, const char *text, struct error *err);

#endif
