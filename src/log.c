#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOG_PATIENCE_MS = 50, LOG_LINE_MAX = 1400 };

void log_init(struct log *log, int fd)
{
	log->fd = fcntl(fd, F_GETFD) < 0 ? -1 : fd;
	log->level = LOG_LEVEL_NORMAL;
}

static void log_write(int fd, const char *data, size_t len)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	while (len > 0 && poll(&writable, 1, LOG_PATIENCE_MS) > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		data += done;
		len -= (size_t)done;
	}
}

void log_line(const struct log *log, enum log_level level, const char *format, ...)
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
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	log_write(log->fd, line, len);
}
