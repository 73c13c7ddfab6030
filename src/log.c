#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cells.h"

enum { LOG_PATIENCE_MS = 50, LOG_LINE_MAX = 1400 };

void log_init(struct log *log, int fd)
{
	log->fd = fcntl(fd, F_GETFD) < 0 ? -1 : fd;
	log->level = LOG_LEVEL_NORMAL;
	log->stuck = false;
}

static void log_write(struct log *log, const char *data, size_t len)
{
	struct pollfd writable = {.fd = log->fd, .events = POLLOUT};

	while (len > 0) {
		ssize_t done = -1;

		if (poll(&writable, 1, log->stuck ? 0 : LOG_PATIENCE_MS) <= 0) {
			log->stuck = true;
			return;
		}
		done = write(log->fd, data, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		log->stuck = false;
		data += done;
		len -= (size_t)done;
	}
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
	len = strlen(line);
	cells_clean(line, len);
	line[len++] = '\n';
	log_write(log, line, len);
}
