/* Files that somebody rewrites while we wait: has one changed since it was last looked at? */
#ifndef SYSTEM_STAMP_H
#define SYSTEM_STAMP_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* What stat says of a file; all zero when there is none. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, modified;
};

void stamp_take(struct stamp *stamp, const char *path);

/*
 * Is the file another, or written to, since the stamp was taken? One that is empty or missing just now is being
 * rewritten in place, as Docker does (FACTS 8, 9), and counts as unchanged until it holds something.
 */
bool stamp_is_stale(const struct stamp *stamp, const char *path);

#endif
