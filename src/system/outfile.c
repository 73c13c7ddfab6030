#include "system/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "system/path.h"
#include "system/process.h"
#include "system/tempfile.h"
#include "system/terminal.h"

#define OUTFILE_PATIENCE CLOCK_S

/* Bytes for one write: a pipe that poll reports as writable takes that many without blocking. */
enum { OUTFILE_PIECE = 4096 };

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

/* Checks that a file can be created in the folder. */
static int outfile_try(const struct outfile *file, struct error *err)
{
	char *folder = path_folder(file->path);
	struct tempfile temporary;
	int failed = 0;

	if (tempfile_open(&temporary, folder) == 0)
		tempfile_close(&temporary);
	else
		failed = errors_set(
			err, "%s: cannot create a file in %s: %s; name a file in a folder that can be written to",
			file->name, folder, strerror(errno));
	free(folder);
	return failed;
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
	/* stat gets name and not file->path, so that it fails if the kernel forbids the link (another user's in /tmp). */
	bool is_there = stat(name, &found) == 0;
	int reason = is_there ? 0 : errno;

	*file = (struct outfile){.name = alloc_text(name), .fd = path_descriptor(name), .new_mode = 0666};
	if (file->fd >= 0)
		return outfile_open_descriptor(file, err);
	file->path = path_follow(name);
	if (is_there)
		return outfile_open_existing(file, found.st_mode, err);
	if (reason == ENOENT || reason == ENOTDIR)
		return outfile_try(file, err);
	if (reason == ELOOP)
		return errors_set(err, "%s: these symbolic links form a loop; name a file", name);
	return outfile_refuse(file, reason, err);
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

/* Returns the mode of a new file: without the bits of the umask. */
static mode_t outfile_new_mode(const struct outfile *file)
{
	mode_t mask = umask(0);

	umask(mask);
	return file->new_mode & ~mask;
}

/*
 * Sets mode and owner of the temporary file, which was created with 0600: those of the file that it replaces, or
 * else the mode of a new file.
 */
static int outfile_dress(const struct outfile *file, int fd)
{
	struct stat old;

	if (stat(file->path, &old))
		return fchmod(fd, outfile_new_mode(file));
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
 * Gives the complete temporary file the name file->path. A mounted file cannot be replaced; it is written in place.
 */
static int outfile_publish(const struct outfile *file, struct tempfile *temporary, const char *folder, const char *data,
			   size_t len, struct error *err)
{
	if (tempfile_publish(temporary, folder, file->path) == 0) {
		outfile_sync_folder(folder);
		return 0;
	}
	return errno == EBUSY ? outfile_write_in_place(file, data, len, err) : outfile_fail(file, errno, err);
}

static int outfile_replace(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	char *folder = path_folder(file->path);
	struct tempfile temporary;
	int failed;

	if (tempfile_open(&temporary, folder)) {
		failed = errors_set(err, "%s: cannot create a file in %s: %s", file->name, folder, strerror(errno));
	} else {
		failed = outfile_fill(file, temporary.fd, data, len, err) ||
			 outfile_publish(file, &temporary, folder, data, len, err);
		tempfile_close(&temporary);
	}
	free(folder);
	return failed ? -1 : 0;
}

/* A write to a terminal could block although poll says that it is writable. */
static int outfile_write_descriptor(const struct outfile *file, const char *data, size_t len, struct error *err)
{
	int terminal = terminal_open(file->fd);
	int failed = outfile_pour(file, terminal < 0 ? file->fd : terminal, data, len, err);

	if (terminal >= 0)
		close(terminal);
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
		return outfile_write_descriptor(file, data, len, err);
	}
	return -1;
}

void outfile_release(struct outfile *file)
{
	free(file->name);
	free(file->path);
	*file = (struct outfile){.fd = -1};
}
