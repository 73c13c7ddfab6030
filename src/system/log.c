#include "system/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cells.h"
#include "system/terminal.h"

enum { LOG_PATIENCE_MS = 50, LOG_LINE_MAX = 1400 };

void log_init(struct log *log, int fd)
{
	*log = (struct log){.fd = fcntl(fd, F_GETFD) < 0 ? -1 : fd, .level = LOG_LEVEL_NORMAL};
	log->is_terminal = isatty(fd);
}

/* Writes to fd, and waits for the reader as the header says. Returns how many bytes were written. */
static size_t log_write_to(struct log *log, int fd, const char *data, size_t len)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	size_t written = 0;

	while (written < len) {
		ssize_t done = -1;

		if (poll(&writable, 1, log->stuck ? 0 : LOG_PATIENCE_MS) <= 0) {
			log->stuck = true;
			break;
		}
		done = write(fd, data + written, len - written);
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (done <= 0)
			break;
		log->stuck = false;
		written += (size_t)done;
	}
	return written;
}

/*
 * Returns how many bytes were written. poll calls a terminal writable that has room for one byte only, so a write to it
 * must be one that cannot block. The descriptor for that is closed again: while it is open, it would have a number that
 * the user may mean, as in --report-fd 3.
 */
static size_t log_write(struct log *log, const char *data, size_t len)
{
	int terminal = log->is_terminal ? terminal_open(log->fd) : -1;
	size_t written = log_write_to(log, terminal < 0 ? log->fd : terminal, data, len);

	if (terminal >= 0)
		close(terminal);
	return written;
}

/* The line ends with '\n', which len counts. */
static void log_write_line(struct log *log, const char *line, size_t len)
{
	size_t written;

	if (log->torn && log_write(log, "\n", 1) == 0)
		return;
	written = log_write(log, line, len);
	log->torn = written > 0 && written < len;
}

void log_raw(struct log *log, const char *line)
{
	size_t len = strlen(line);
	char *whole;

	if (log->fd < 0)
		return;
	whole = alloc_format("%s\n", line);
	log_write_line(log, whole, len + 1);
	free(whole);
}

/* Writes the line that log->format makes of the text. */
static void log_line_formatted(struct log *log, enum log_level level, const char *text)
{
	char *line = log->format(log, level, text);

	log_raw(log, line);
	free(line);
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
	static const char prefix[] = "waitfor: ";
	char line[LOG_LINE_MAX];
	size_t len = sizeof(prefix) - 1;
	va_list args;
	int more;

	if (log->fd < 0 || level > log->level)
		return;
	memcpy(line, prefix, len);
	va_start(args, format);
	more = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	if (more < 0)
		return;
	if (log->format) {
		log_line_formatted(log, level, line + len);
		return;
	}
	len = strlen(line);
	cells_clean(line, len);
	line[len++] = '\n';
	log_write_line(log, line, len);
}
