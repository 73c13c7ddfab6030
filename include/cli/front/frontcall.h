/* Reads the call of another tool by its table of options. */
#ifndef CLI_FRONT_FRONTCALL_H
#define CLI_FRONT_FRONTCALL_H

#include "cli/front/frontline.h"

/* Reads the command line of the tool line->front, and puts it into waitfor's words. */
void frontcall_read(struct frontline *line, int argc, char **argv);

/* Says what an option is called: "-t, --timeout", or in Go's style "-timeout". */
void frontcall_say_option(struct frontline *line, const struct frontargs_option *option);

/* Ends the call with the tool's usage, which names the options of its table. */
void frontcall_usage(struct frontline *line, int stream, int code);

/* Ends the call with the tool's version, of which waitfor's is a part. */
void frontcall_version(struct frontline *line, const char *version);

#endif
