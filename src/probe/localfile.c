#include "probe/localfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/percent.h"
#include "target/scheme.h"

char *localfile_path(const struct target *target, struct error *err)
{
	size_t len = strcspn(target->tail, "?");
	char *path = percent_decode(target->tail, len);

	if (target->tail[0] != '/' || len < 2)
		errors_set(err, "the path is missing; write %s", target->scheme->example);
	else if (!path)
		errors_set(err, "a path cannot hold %%00; write %s", target->scheme->example);
	else if (strlen(path) >= PATH_MAX) /* it has room for a NUL */
		errors_set(err, "the path is too long: at most %d bytes", PATH_MAX - 1);
	else
		return path;
	free(path);
	return NULL;
}

struct outcome localfile_failure(int error_number)
{
	switch (error_number) {
	case ENOENT:
		return outcome_make(OUTCOME_NO_FILE, NULL);
	case ENOTDIR:
		return outcome_make(OUTCOME_NO_FILE, "a part of its path is a file, not a folder");
	case EACCES:
	case EPERM:
		return outcome_make(OUTCOME_LOCAL, "permission denied"); /* it may be there */
	case ELOOP:
		return outcome_make(OUTCOME_LOCAL, "its symbolic links lead in a circle, or are too many");
	default:
		return outcome_make(OUTCOME_LOCAL, "%s", strerror(error_number));
	}
}

/* Reads up to size bytes from offset on. Returns their number, or -1 with errno. */
static ssize_t localfile_fill(int fd, char *text, size_t size, off_t offset)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = pread(fd, text + len, size - len, offset + (off_t)len);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -1;
		len += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)len;
}

/* As localfile_read, for an open file. Returns 0, or an errno value. */
static int localfile_take(int fd, off_t size, size_t max, bool from_begin, char **text, size_t *len, bool *cut)
{
	off_t offset = from_begin || size < (off_t)max ? 0 : size - (off_t)max;
	ssize_t got;

	*text = alloc_zero(max + 1, 1);
	*cut = size > (off_t)max;
	got = localfile_fill(fd, *text, max, offset);
	if (got < 0) {
		free(*text);
		return errno;
	}
	*len = (size_t)got;
	return 0;
}

bool localfile_read(const char *path, size_t max, bool from_begin, char **text, size_t *len, bool *cut,
		    struct outcome *outcome)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), reason = 0;
	struct stat found;

	*outcome = outcome_make(OUTCOME_UNMET, "it is not a regular file");
	if (fd < 0 || fstat(fd, &found))
		reason = errno;
	else if (S_ISREG(found.st_mode) &&
		 (reason = localfile_take(fd, found.st_size, max, from_begin, text, len, cut)) == 0)
		*outcome = (struct outcome){0};
	if (fd >= 0)
		close(fd);
	if (reason == ENXIO) /* a socket, or a pipe or device that nobody serves */
		return false;
	if (reason)
		*outcome = localfile_failure(reason);
	return outcome->kind == OUTCOME_NONE;
}
