#include "system/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

/* How many names are tried for a link, should other files have them. */
enum { TEMPFILE_NAMES = 100 };

/* Opens a file without a name. A process that is killed leaves nothing of it. Its name will need /proc. */
static int tempfile_open_unnamed(const char *folder)
{
	if (access("/proc/self/fd", X_OK))
		return -1;
	return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

int tempfile_open(struct tempfile *file, const char *folder)
{
	int reason;

	*file = (struct tempfile){.fd = tempfile_open_unnamed(folder)};
	if (file->fd >= 0)
		return 0;
	file->path = alloc_format("%s/.waitfor-XXXXXX", folder);
	file->fd = mkostemp(file->path, O_CLOEXEC);
	if (file->fd >= 0)
		return 0;
	reason = errno;
	free(file->path);
	errno = reason;
	return -1;
}

/* Names the file. Fails with EEXIST if the name is taken: a link replaces nothing. */
static int tempfile_link(const struct tempfile *file, const char *path)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/* Gives the file a temporary name, which rename needs. */
static int tempfile_name(struct tempfile *file, const char *folder)
{
	for (int i = 0; i < TEMPFILE_NAMES; i++) {
		file->path = alloc_format("%s/.waitfor-%d-%d", folder, (int)getpid(), i);
		if (tempfile_link(file, file->path) == 0)
			return 0;
		free(file->path);
		file->path = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int tempfile_publish(struct tempfile *file, const char *folder, const char *path)
{
	if (!file->path && tempfile_link(file, path) == 0)
		return 0;
	if (!file->path && (errno != EEXIST || tempfile_name(file, folder)))
		return -1;
	if (rename(file->path, path))
		return -1;
	free(file->path);
	file->path = NULL;
	return 0;
}

void tempfile_close(struct tempfile *file)
{
	if (file->path)
		unlink(file->path);
	free(file->path);
	close(file->fd);
	*file = (struct tempfile){.fd = -1};
}
