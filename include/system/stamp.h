/* Notices that a file has changed since it was read, because another program rewrites it during the wait. */
#ifndef SYSTEM_STAMP_H
#define SYSTEM_STAMP_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* The fields of stat that show a change; all zero if there is no file. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, modified;
};

/* Fills stamp with the present state of the file at path. */
void stamp_take(struct stamp *stamp, const char *path);

/* Returns whether the file is another one than at the time of the stamp, or is gone, or has come. */
bool stamp_has_changed(const struct stamp *stamp, const char *path);

/*
 * Returns whether the file was replaced or written to since the stamp was taken. An empty or missing file counts as
 * unchanged until it has content: Docker rewrites files in place, so it is probably being rewritten (FACTS 8, 9).
 */
bool stamp_is_stale(const struct stamp *stamp, const char *path);

#endif
