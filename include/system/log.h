/* Lines on stderr that begin with "waitfor: " and have a level. Each line is one write, which never blocks for long. */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE };

struct log {
	int fd;               /* -1: nothing is written */
	enum log_level level; /* lines above it are dropped */
	bool is_terminal;
	bool stuck; /* the last line was not read in time: the next ones do not wait for the reader */
	bool torn;  /* only a part of the last line was written: the next one begins with a line feed */
	/* Makes the line that log_line writes from its text; NULL for lines for people. log_line frees the result. */
	char *(*format)(const struct log *log, enum log_level level, const char *text);
	int64_t began; /* clock_now() at the start of the wait, 0 before; format reads it */
};

/* Starts at LOG_LEVEL_NORMAL, with lines for people. Writes nothing if fd is not open. */
void log_init(struct log *log, int fd);

/*
 * Writes one line, cut at 1.4 kB, if level is not above log->level. Control characters become '?', so that text from
 * a user or a service cannot break the line. If the reader does not read, log_line waits 50 ms, once, and then loses
 * lines until the reader reads again. So a full pipe cannot prevent the app from starting or a signal from ending the
 * wait.
 */
void log_line(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Writes the line and a '\n', at any level, and waits for the reader as log_line does. The line must hold no control
 * character. A pipe takes a line shorter than PIPE_BUF (4096 bytes) whole or not at all. A full socket or terminal may
 * take a part; the rest is lost, and the next line still begins on a line of its own.
 */
void log_raw(struct log *log, const char *line);

#endif
