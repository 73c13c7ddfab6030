#include "system/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "system/ending.h"

static bool input_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static const char *input_name(const char *path)
{
	return input_is_stdin(path) ? "standard input" : path;
}

/* Waits until fd is readable. An ending signal ends the process. */
static void input_wait(int fd, int signal_fd)
{
	struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};

	while (poll(polled, 2, -1) < 0 && errno == EINTR)
		;
	if (polled[1].revents && ending_noted())
		_exit(ending_exit_code(ending_noted()));
}

/* Returns 0, or an errno value: EFBIG for more than max bytes. */
static int input_read_all(int fd, int signal_fd, size_t max, struct buf *out)
{
	char chunk[16384];

	for (;;) {
		ssize_t got;

		input_wait(fd, signal_fd);
		got = read(fd, chunk, sizeof(chunk));
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return errno;
		if (got > 0)
			buf_add(out, chunk, (size_t)got);
		if (out->len > max)
			return EFBIG;
	}
}

int input_read(const char *path, size_t max, char **text, size_t *len, struct error *err)
{
	int fd = input_is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int signal_fd = ending_watch();
	int reason = fd < 0 ? errno : 0;
	struct buf out = {0};

	if (!reason)
		reason = input_read_all(fd, signal_fd, max, &out);
	if (fd >= 0 && !input_is_stdin(path))
		close(fd);
	ending_unwatch(signal_fd);
	if (!reason) {
		*len = out.len;
		*text = buf_detach(&out);
		return 0;
	}
	buf_release(&out);
	if (reason == EFBIG)
		return errors_set(err, "%s is larger than %zu MB", input_name(path), max >> 20);
	return errors_set(err, "cannot read %s: %s", input_name(path), strerror(reason));
}
