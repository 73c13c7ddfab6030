/* An output file that is written once. A reader finds the old content or all of the new content. */
#ifndef SYSTEM_OUTFILE_H
#define SYSTEM_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/errors.h"

enum outfile_way {
	OUTFILE_REPLACED,  /* a new file gets its name; a mounted file cannot be replaced and is written in place */
	OUTFILE_IN_PLACE,  /* a FIFO, a device, or a file in a folder in which no file can be created */
	OUTFILE_DESCRIPTOR /* an open descriptor of this process */
};

struct outfile {
	char *name; /* as the user wrote it */
	char *path; /* with symbolic links followed; NULL for a descriptor */
	enum outfile_way way;
	int fd;          /* for OUTFILE_DESCRIPTOR, else -1 */
	mode_t new_mode; /* of a file that does not exist yet, before the umask; outfile_open sets 0666 */
};

/*
 * Checks that the file can be written: creates a temporary file in its folder and removes it. Changes nothing else.
 * If name is a symbolic link that the kernel follows (see fs.protected_symlinks), the link stays and the file it points
 * to is written. What means a descriptor of this process (path_descriptor) means the descriptor itself. It is not opened
 * again: that would begin at another offset, and fails for a socket. Errors name the file, the reason and
 * the fix. The caller must call outfile_release, also on failure.
 */
int outfile_open(struct outfile *file, const char *name, struct error *err);

bool outfile_is_stdout(const struct outfile *file);

/*
 * Writes all len bytes of data. A new file gets new_mode without the bits of the umask. A replaced file keeps its mode, and as root
 * also its owner. A FIFO, device or descriptor gets the data directly; it is an error if nothing reads it, or not
 * within a second. Leaves no temporary file on failure. Errors name the file and the reason.
 */
int outfile_write(const struct outfile *file, const char *data, size_t len, struct error *err);

void outfile_release(struct outfile *file);

#endif
