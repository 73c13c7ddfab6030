/* One file that is written once and whole: a reader finds what was there before, or all of the new content. */
#ifndef SYSTEM_OUTFILE_H
#define SYSTEM_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"

enum outfile_way {
	OUTFILE_REPLACED,  /* by another file that takes its name; a mounted one cannot be, and is written in place */
	OUTFILE_IN_PLACE,  /* a FIFO, a device, a file in a folder that takes no other */
	OUTFILE_DESCRIPTOR /* one that this process has */
};

struct outfile {
	char *name; /* as the user wrote it */
	char *path; /* links followed; NULL for a descriptor */
	enum outfile_way way;
	int fd; /* of a descriptor, else -1 */
};

/*
 * Finds out whether the file can be written, by making one in its folder and removing it, and changes nothing
 * else. A link stays, and what it leads to is written, where the kernel would follow it (fs.protected_symlinks). "-", "/dev/stdout", "/dev/stderr", "/dev/fd/N" and "/proc/self/fd/N" are the descriptors themselves: to open
 * them again would begin at another place of the file, and fails for a socket. Errors name the file, the reason and
 * what would be right.
 */
int outfile_open(struct outfile *file, const char *name, struct error *err);

bool outfile_is_stdout(const struct outfile *file);

/*
 * Writes all of it. A new file has the rights that umask leaves; one that was there keeps its own, and its owner where
 * this is root. What is no regular file is written as it is, and a reader that
 * is not there, or does not take it within a second, is an error: nothing here waits for ever. On failure no temporary file
 * is left.
 */
int outfile_write(const struct outfile *file, const char *data, size_t len, struct error *err);

void outfile_release(struct outfile *file);

#endif
