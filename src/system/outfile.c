#include "system/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#ifndef STATX_ATTR_MOUNT_ROOT /* musl does not have it */
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

#define OUTFILE_PATIENCE CLOCK_S

/* At once: a pipe that poll finds writable takes so much without blocking. */
enum { OUTFILE_PIECE = 4096 };

/* The descriptor that the name stands for, or -1. */
static int outfile_descriptor_of(const char *name)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	int fd = 0;

	if (strcmp(name, "-") == 0 || strcmp(name, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(name, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t len = strlen(folders[i]), digits = strspn(name + (strlen(name) < len ? 0 : len), "0123456789");

		if (strncmp(name, folders[i], len) != 0 || digits == 0 || digits > 6 || name[len + digits])
			continue;
		for (const char *c = name + len; *c; c++)
			fd = fd * 10 + (*c - '0');
		return fd;
	}
	return -1;
}

bool outfile_is_stdout(const struct outfile *file)
{
	return file->fd == STDOUT_FILENO;
}

static int outfile_open_descriptor(struct outfile *file, struct error *err)
{
	int flags = fcntl(file->fd, F_GETFL);

	file->way = OUTFILE_DESCRIPTOR;
	if (flags < 0 || (flags & O_PATH))
		return errors_set(err, "%s: descriptor %d is not open; name a file", file->name, file->fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return errors_set(err, "%s: descriptor %d is open for reading only; name a file", file->name, file->fd);
	return 0;
}

/* The folder that the file is, or will be, in. The caller's. */
static char *outfile_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return alloc_text(".");
	return slash == path ? alloc_text("/") : alloc_slice(path, (size_t)(slash - path));
}

/* Makes a file of a name of its own in the folder; path is the caller's also on failure. */
static int outfile_make(const char *folder, char **path)
{
	*path = alloc_format("%s/.waitfor-XXXXXX", folder);
	return mkostemp(*path, O_CLOEXEC);
}

static int outfile_try(const struct outfile *file, struct error *err)
{
	char *folder = outfile_folder(file->path), *path;
	int fd = outfile_make(folder, &path), failed = 0;

	if (fd >= 0) {
		unlink(path);
		close(fd);
	} else {
		failed = errors_set(err,
				    "%s: cannot make a file in %s: %s; name a file in a folder that can be written to",
				    file->name, folder, strerror(errno));
	}
	free(path);
	free(folder);
	return failed;
}

/* One that is mounted there, as a container engine does with single files, keeps its name. */
static bool outfile_is_mounted(const char *path)
{
	struct statx found = {0};

	return statx(AT_FDCWD, path, 0, STATX_TYPE, &found) == 0 && (found.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* What a link leads to; NULL when it is none. The caller's. */
static char *outfile_link(const char *path)
{
	char target[PATH_MAX], *folder, *joined;
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0)
		return NULL;
	target[len] = '\0';
	if (target[0] == '/')
		return alloc_text(target);
	folder = outfile_folder(path);
	joined = alloc_format("%s/%s", folder, target);
	free(folder);
	return joined;
}

/* A link stays, and what it leads to is replaced, or made where there is nothing yet. The caller's. */
static char *outfile_follow(const char *name)
{
	enum { LINKS = 40 }; /* as many as the kernel follows */
	char *path = realpath(name, NULL), *next;

	if (path)
		return path;
	path = alloc_text(name);
	for (int i = 0; i < LINKS && (next = outfile_link(path)); i++) {
		free(path);
		path = next;
	}
	return path;
}

int outfile_open(struct outfile *file, const char *name, struct error *err)
{
	struct stat found;

	*file = (struct outfile){.name = alloc_text(name), .fd = outfile_descriptor_of(name)};
	if (file->fd >= 0)
		return outfile_open_descriptor(file, err);
	file->path = outfile_follow(name);
	if (stat(file->path, &found) && errno == ELOOP)
		return errors_set(err, "%s: the links lead in a circle; name a file", name);
	if (stat(file->path, &found))
		return outfile_try(file, err);
	if (S_ISDIR(found.st_mode))
		return errors_set(err, "%s: is a folder; name a file in it", name);
	if (S_ISSOCK(found.st_mode))
		return errors_set(err, "%s: is a socket; name a file", name);
	if (S_ISREG(found.st_mode) && !outfile_is_mounted(file->path))
		return outfile_try(file, err);
	file->way = OUTFILE_IN_PLACE;
	if (access(file->path, W_OK))
		return errors_set(err, "%s: cannot write: %s; name a file that can be written to", name,
				  strerror(errno));
	return 0;
}

static int outfile_pour(const struct outfile *file, int fd, const char *data, size_t len, struct error *err)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int64_t deadline = clock_now() + OUTFILE_PATIENCE, left;

	/* A regular file is writable at any time, on a slow disk too: the deadline is for readers. */
	while (len > 0) {
		ssize_t done;

		left = deadline - clock_now();
		if (poll(&writable, 1, left > 0 ? (int)(left / CLOCK_MS) : 0) == 0)
			return errors_set(err, "%s: cannot write: nobody reads", file->name);
		done = write(fd, data, len < OUTFILE_PIECE ? len : OUTFILE_PIECE);
		if (done < 0 && (errno == EINTR || (errno == EAGAIN && left > 0)))
			continue;
		if (done <= 0)
			return errors_set(err, "%s: cannot write: %s", file->name, strerror(errno));
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int outfile_write_in_place(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	int fd = open(file->path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), failed;

	if (fd < 0)
		return errors_set(err, "%s: cannot write: %s", file->name,
				  errno == ENXIO ? "nobody reads" : strerror(errno));
	failed = outfile_pour(file, fd, data, len, err);
	close(fd);
	return failed;
}

/* mkostemp makes it the owner's alone; a report is as readable as any new file. */
static mode_t outfile_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The new name must be on the disk too. Not every file system can do that for a folder. */
static void outfile_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int outfile_replace(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	char *folder = outfile_folder(file->path), *path;
	int fd = outfile_make(folder, &path), failed;

	if (fd < 0) {
		failed = errors_set(err, "%s: cannot make a file in %s: %s", file->name, folder, strerror(errno));
		goto out;
	}
	failed = outfile_pour(file, fd, data, len, err);
	if (!failed && (fchmod(fd, outfile_mode()) || fsync(fd) || rename(path, file->path)))
		failed = errors_set(err, "%s: cannot write: %s", file->name, strerror(errno));
	if (failed)
		unlink(path);
	else
		outfile_sync_folder(folder);
	close(fd);
out:
	free(path);
	free(folder);
	return failed;
}

int outfile_write(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	switch (file->way) {
	case OUTFILE_REPLACED:
		return outfile_replace(file, data, len, err);
	case OUTFILE_IN_PLACE:
		return outfile_write_in_place(file, data, len, err);
	case OUTFILE_DESCRIPTOR:
		return outfile_pour(file, file->fd, data, len, err);
	}
	return -1;
}

void outfile_release(struct outfile *file)
{
	free(file->name);
	free(file->path);
	*file = (struct outfile){.fd = -1};
}
