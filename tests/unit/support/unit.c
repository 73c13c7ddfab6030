#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Far above what any test takes on a loaded machine: it only keeps a hang from lasting. */
enum { UNIT_HANG_S = 60, UNIT_CHILD_S = 30 };

void unit_check(const char *row, bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	print_error("%s: %s does not hold\n", row, what);
	_fail(file, line);
}

void unit_check_int(const char *row, long long actual, long long expected, const char *what, const char *file, int line)
{
	if (actual == expected)
		return;
	print_error("%s: %s is %lld, not %lld\n", row, what, actual, expected);
	_fail(file, line);
}

void unit_check_text(const char *row, const char *actual, const char *expected, const char *what, const char *file,
		     int line)
{
	if (actual == expected || (actual && expected && strcmp(actual, expected) == 0))
		return;
	print_error("%s: %s is \"%s\", not \"%s\"\n", row, what, actual ? actual : "(NULL)",
		    expected ? expected : "(NULL)");
	_fail(file, line);
}

void unit_check_part(const char *row, const char *text, const char *part, bool wanted, const char *what,
		     const char *file, int line)
{
	if ((text && strstr(text, part)) == wanted)
		return;
	print_error("%s: %s is \"%s\", %s \"%s\"\n", row, what, text ? text : "(NULL)", wanted ? "without" : "with",
		    part);
	_fail(file, line);
}

void unit_log_open(struct unit_log *log)
{
	int ends[2];

	*log = (struct unit_log){.reader = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		fail_msg("socketpair: %s", strerror(errno));
	log->reader = ends[0];
	log_init(&log->log, ends[1]);
}

const char *unit_log_text(struct unit_log *log)
{
	size_t len = strlen(log->text);
	ssize_t got;

	while ((got = recv(log->reader, log->text + len, sizeof(log->text) - 1 - len, 0)) > 0) {
		len += (size_t)got;
		log->writes++;
	}
	log->text[len] = '\0';
	return log->text;
}

void unit_log_close(struct unit_log *log)
{
	close(log->reader);
	close(log->log.fd);
}

static void unit_child_collect(struct unit_child *child, int fd, pid_t pid)
{
	int64_t end = clock_now() + UNIT_CHILD_S * CLOCK_S, left;
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t got = 1;
	int status;

	while (got > 0 && (left = end - clock_now()) > 0)
		if (poll(&readable, 1, (int)(left / CLOCK_MS)) > 0) {
			got = read(fd, child->text + len, sizeof(child->text) - 1 - len);
			len += got > 0 ? (size_t)got : 0;
		}
	child->text[len] = '\0';
	if (got > 0)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	child->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (got > 0)
		fail_msg("the child hangs, having written: %s", child->text);
}

void unit_child_run(struct unit_child *child, void (*body)(void *arg), void *arg)
{
	int ends[2] = {-1, -1};
	pid_t pid = -1;

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) == 0)
		pid = fork();
	if (pid < 0)
		fail_msg("no child: %s", strerror(errno));
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		body(arg);
		fflush(NULL);
		_exit(0);
	}
	close(ends[1]);
	unit_child_collect(child, ends[0], pid);
	close(ends[0]);
}

void unit_dir_open(struct unit_dir *dir)
{
	const char *base = getenv("TMPDIR");

	/* Short enough for the path of a Unix socket. */
	if (!base || strlen(base) > 30)
		base = "/tmp";
	snprintf(dir->path, sizeof(dir->path), "%s/waitfor-unit.XXXXXX", base);
	if (!mkdtemp(dir->path))
		fail_msg("mkdtemp %s: %s", dir->path, strerror(errno));
}

char *unit_dir_path(const struct unit_dir *dir, const char *name)
{
	return alloc_format("%s/%s", dir->path, name);
}

void unit_dir_write(const struct unit_dir *dir, const char *name, const char *content, unsigned mode)
{
	char *path = unit_dir_path(dir, name);
	size_t len = strlen(content);
	int fd;

	unlink(path); /* it may be one that cannot be written to */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, content, len) != (ssize_t)len || fchmod(fd, mode))
		fail_msg("write %s: %s", path, strerror(errno));
	close(fd);
	free(path);
}

static int unit_dir_remove(const char *path, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(path);
}

void unit_dir_close(struct unit_dir *dir)
{
	nftw(dir->path, unit_dir_remove, 8, FTW_DEPTH | FTW_PHYS);
}

void unit_begin(void)
{
	alarm(UNIT_HANG_S);
}
