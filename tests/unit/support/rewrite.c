#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static void rewrite_once(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t len = strlen(content);

	if (fd < 0 || write(fd, content, len) != (ssize_t)len)
		fail_msg("write %s: %s", path, strerror(errno));
	close(fd);
}

static struct timespec rewrite_time(const char *path)
{
	struct stat about;

	if (stat(path, &about))
		return (struct timespec){0};
	return about.st_mtim;
}

void rewrite_file(const char *path, const char *content)
{
	struct timespec before = rewrite_time(path), after;

	/* Until the kernel's clock of files, which ticks every few milliseconds, shows that it was written. */
	do {
		rewrite_once(path, content);
		after = rewrite_time(path);
	} while (before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec);
}
