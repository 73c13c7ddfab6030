/* What every unit test starts from: cmocka, checks whose failures name the row of a table, a log to read, a child. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "system/log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each fails the running test when it does not hold; row says which case of the table it was. Texts may be NULL. */
#define check(row, condition)             unit_check(row, condition, #condition, __FILE__, __LINE__)
#define check_int(row, actual, expected)  unit_check_int(row, actual, expected, #actual, __FILE__, __LINE__)
#define check_text(row, actual, expected) unit_check_text(row, actual, expected, #actual, __FILE__, __LINE__)
#define check_has(row, text, part)        unit_check_part(row, text, part, true, #text, __FILE__, __LINE__)
#define check_lacks(row, text, part)      unit_check_part(row, text, part, false, #text, __FILE__, __LINE__)

void unit_check(const char *row, bool holds, const char *what, const char *file, int line);
void unit_check_int(const char *row, long long actual, long long expected, const char *what, const char *file,
		    int line);
void unit_check_text(const char *row, const char *actual, const char *expected, const char *what, const char *file,
		     int line);
void unit_check_part(const char *row, const char *text, const char *part, bool wanted, const char *what,
		     const char *file, int line);

/* A log whose lines can be read back. Each write is a record of its own, so that lines written in pieces show. */
struct unit_log {
	struct log log;
	int reader;
	int writes; /* taken so far */
	char text[16384];
};

void unit_log_open(struct unit_log *log);
const char *unit_log_text(struct unit_log *log); /* all that was written since unit_log_open */
void unit_log_close(struct unit_log *log);

/* How a child ended, and what it wrote to stdout and stderr. */
struct unit_child {
	int code; /* exit status, or 128+n when signal n ended it */
	char text[16384];
};

/*
 * Runs body in a forked child, for what changes or ends the process. The child exits with 0 when body
 * returns. It must not use the checks above: they would go on with the tests in the child.
 */
void unit_child_run(struct unit_child *child, void (*body)(void *arg), void *arg);

/* Writes a file of that content and mode below a fresh directory of the test; both fail the test when they cannot. */
struct unit_dir {
	char path[64];
};

void unit_dir_open(struct unit_dir *dir);
char *unit_dir_path(const struct unit_dir *dir, const char *name); /* the caller's */
void unit_dir_write(const struct unit_dir *dir, const char *name, const char *content, unsigned mode);
void unit_dir_close(struct unit_dir *dir); /* removes it with all that is in it */

/* Runs the tests; a test that hangs ends the program. What main returns. */
#define unit_main(tests) (unit_begin(), cmocka_run_group_tests(tests, NULL, NULL))

void unit_begin(void);

#endif
