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
#include "system/process.h"

#define OUTFILE_PATIENCE CLOCK_S

/* Bytes for one write: a pipe that poll reports as writable takes that many without blocking. */
enum { OUTFILE_PIECE = 4096 };

/* Returns the descriptor that the name means; -1 if it does not mean one. */
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
	const char *refused = process_refuse_descriptor(file->fd);

	file->way = OUTFILE_DESCRIPTOR;
	if (refused)
		return errors_set(err, "%s: descriptor %d is %s; name a file", file->name, file->fd, refused);
	return 0;
}

/* Returns the folder of the file. The caller's. */
static char *outfile_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return alloc_text(".");
	return slash == path ? alloc_text("/") : alloc_slice(path, (size_t)(slash - path));
}

/* Creates a temporary file in the folder. Returns its descriptor or -1. *path is the caller's, also on failure. */
static int outfile_make(const char *folder, char **path)
{
	*path = alloc_format("%s/.waitfor-XXXXXX", folder);
	return mkostemp(*path, O_CLOEXEC);
}

/* Checks that a file can be created in the folder. */
static int outfile_try(const struct outfile *file, struct error *err)
{
	char *folder = outfile_folder(file->path), *path;
	int fd = outfile_make(folder, &path), failed = 0;

	if (fd >= 0) {
		unlink(path);
		close(fd);
	} else {
		failed = errors_set(
			err, "%s: cannot create a file in %s: %s; name a file in a folder that can be written to",
			file->name, folder, strerror(errno));
	}
	free(path);
	free(folder);
	return failed;
}

/* Returns the path that a symbolic link points to; NULL if path is not a link. The caller's. */
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

/* Returns the path after following symbolic links; it may not exist yet. The caller's. */
static char *outfile_follow(const char *name)
{
	enum { LINKS = 40 }; /* the kernel's limit */
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

static int outfile_refuse(const struct outfile *file, int reason, struct error *err)
{
	return errors_set(err, "%s: cannot write: %s; name a file that can be written to", file->name,
			  strerror(reason));
}

/* For an existing regular file. If no file can be created in its folder, the file is written in place. */
static int outfile_open_regular(struct outfile *file, struct error *err)
{
	int reason = access(file->path, W_OK) ? errno : 0;

	if (reason == EROFS)
		return outfile_refuse(file, reason, err);
	if (outfile_try(file, err) == 0)
		return 0;
	if (reason)
		return -1;
	*err = (struct error){0};
	file->way = OUTFILE_IN_PLACE;
	return 0;
}

static int outfile_open_existing(struct outfile *file, mode_t mode, struct error *err)
{
	if (S_ISDIR(mode))
		return errors_set(err, "%s: is a folder; name a file in it", file->name);
	if (S_ISSOCK(mode))
		return errors_set(err, "%s: is a socket; name a file", file->name);
	if (S_ISREG(mode))
		return outfile_open_regular(file, err);
	file->way = OUTFILE_IN_PLACE;
	return access(file->path, W_OK) ? outfile_refuse(file, errno, err) : 0;
}

int outfile_open(struct outfile *file, const char *name, struct error *err)
{
	struct stat found;

	*file = (struct outfile){.name = alloc_text(name), .fd = outfile_descriptor_of(name)};
	if (file->fd >= 0)
		return outfile_open_descriptor(file, err);
	file->path = outfile_follow(name);
	/*
	 * stat gets name and not file->path, so that it fails if the kernel forbids the link (another user's in
	 * /tmp).
	 */
	if (stat(name, &found) == 0)
		return outfile_open_existing(file, found.st_mode, err);
	if (errno == ENOENT || errno == ENOTDIR)
		return outfile_try(file, err);
	if (errno == ELOOP)
		return errors_set(err, "%s: these symbolic links form a loop; name a file", name);
	return outfile_refuse(file, errno, err);
}

static int outfile_fail(const struct outfile *file, int reason, struct error *err)
{
	return errors_set(err, "%s: cannot write: %s", file->name,
			  reason == ENXIO ? "nothing reads it" : strerror(reason));
}

/* Writes all len bytes to fd. Fails if it takes longer than OUTFILE_PATIENCE. */
static int outfile_pour(const struct outfile *file, int fd, const char *data, size_t len, struct error *err)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int64_t deadline = clock_now() + OUTFILE_PATIENCE, left;

	/*
	 * poll reports a regular file as always writable, so the deadline matters only for pipes, sockets and
	 * terminals.
	 */
	while (len > 0) {
		ssize_t done;

		left = deadline - clock_now();
		if (poll(&writable, 1, left > 0 ? (int)(left / CLOCK_MS) : 0) == 0)
			return outfile_fail(file, ENXIO, err);
		done = write(fd, data, len < OUTFILE_PIECE ? len : OUTFILE_PIECE);
		if (done < 0 && (errno == EINTR || (errno == EAGAIN && left > 0)))
			continue;
		if (done <= 0)
			return outfile_fail(file, errno, err);
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int outfile_write_in_place(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	int fd = open(file->path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), failed;

	if (fd < 0)
		return outfile_fail(file, errno, err);
	failed = outfile_pour(file, fd, data, len, err);
	close(fd);
	return failed;
}

/* Returns the mode of a new file: 0666 without the bits of the umask. */
static mode_t outfile_new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/*
 * Sets mode and owner of the temporary file, which mkostemp created with 0600: those of the file that it replaces, or
 * else the mode of a new file.
 */
static int outfile_dress(const struct outfile *file, int fd)
{
	struct stat old;

	if (stat(file->path, &old))
		return fchmod(fd, outfile_new_mode());
	(void)!fchown(fd, old.st_uid, old.st_gid); /* only root may; a failure is fine */
	return fchmod(fd, old.st_mode & 0777);
}

/* Writes the new name to the disk. Errors are ignored: not every file system can sync a folder. */
static void outfile_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Writes content, mode and owner of the temporary file. */
static int outfile_fill(const struct outfile *file, int fd, const char *data, size_t len, struct error *err)
{
	if (outfile_pour(file, fd, data, len, err))
		return -1;
	return outfile_dress(file, fd) || fsync(fd) ? outfile_fail(file, errno, err) : 0;
}

/*
 * Renames the complete temporary file at path to file->path. A mounted file cannot be replaced; it is written in
 * place.
 */
static int outfile_rename(const struct outfile *file, const char *path, const char *data, size_t len, struct error *err)
{
	int reason = rename(path, file->path) ? errno : 0;

	if (reason)
		unlink(path);
	if (reason == EBUSY)
		return outfile_write_in_place(file, data, len, err);
	return reason ? outfile_fail(file, reason, err) : 0;
}

static int outfile_replace(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	char *folder = outfile_folder(file->path), *path;
	int fd = outfile_make(folder, &path), failed;

	if (fd < 0) {
		failed = errors_set(err, "%s: cannot create a file in %s: %s", file->name, folder, strerror(errno));
		goto out;
	}
	failed = outfile_fill(file, fd, data, len, err);
	close(fd);
	if (failed)
		unlink(path);
	else
		failed = outfile_rename(file, path, data, len, err);
	if (!failed)
		outfile_sync_folder(folder);
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
