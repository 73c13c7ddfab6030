/* What a program needs so that execve can start it: the interpreter of a script, or the loader of an ELF program. */
#ifndef APP_INTERPRETER_H
#define APP_INTERPRETER_H

#include "base/errors.h"

/* The error about a script with CRLF line ends; its argument is the path. */
#define INTERPRETER_CARRIAGE_RETURN \
	"cannot run \"%s\": its first line ends with a carriage return; convert the file to Unix line ends"

/*
 * Reads the beginning of the program at path. Returns 0 if what it needs is there, or if that cannot be known; else the
 * errno value with which execve would fail, with err naming what is missing.
 */
int interpreter_check(const char *path, struct error *err);

/*
 * Returns the program that env would look for in PATH, if path is a script that begins with "#!/usr/bin/env NAME"; else
 * NULL. The caller's.
 */
char *interpreter_for_env(const char *path);

#endif
