/* Levelled lines to stderr: "waitfor: ...", one write per line, never blocking for long. */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE };

struct log {
	int fd;               /* -1: nobody listens */
	enum log_level level; /* lines above it are dropped */
	bool stuck;           /* the reader did not read the last line in time: the next ones do not wait for it */
	bool torn;            /* the last line was cut short in the middle: the next begins with a line feed */
	/* NULL, or what makes log_line's lines out of their text, in another form than for people. Freed with free(). */
	char *(*format)(const struct log *log, enum log_level level, const char *text);
	int64_t began; /* for format: clock_now() when the wait began; 0 before */
};

/* Starts at LOG_LEVEL_NORMAL, with lines for people. A descriptor that is not open is taken as "nobody listens". */
void log_init(struct log *log, int fd);

/*
 * Writes one line, cut at 1.4 kB. Control characters become '?', so that a line stays one line whatever a user or a
 * peer put into it. A reader that does not read costs at most 50 ms, once, until it reads again; lines are
 * lost meanwhile: a full pipe must neither keep the app from starting nor a signal from ending the wait.
 */
void log_line(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Writes one line as it is, whatever the level, with log_line's patience. It needs no '\n', and must hold no control
 * character. Below PIPE_BUF (4096 bytes) a pipe takes it whole or not at all. What is taken in part, of a socket or
 * a terminal that is full, is lost from there on, and the next line still begins on a line of its own.
 */
void log_raw(struct log *log, const char *line);

#endif
