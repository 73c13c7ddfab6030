#include "system/stamp.h"

#include <string.h>
#include <sys/stat.h>

void stamp_take(struct stamp *stamp, const char *path)
{
	struct stat found;

	memset(stamp, 0, sizeof(*stamp)); /* also the padding, because memcmp compares stamps */
	if (stat(path, &found))
		return;
	stamp->device = found.st_dev;
	stamp->inode = found.st_ino;
	stamp->size = found.st_size;
	stamp->changed = found.st_ctim;
	stamp->modified = found.st_mtim;
}

bool stamp_has_changed(const struct stamp *stamp, const char *path)
{
	struct stamp now;

	stamp_take(&now, path);
	return memcmp(&now, stamp, sizeof(now)) != 0;
}

bool stamp_is_stale(const struct stamp *stamp, const char *path)
{
	struct stamp now;

	stamp_take(&now, path);
	return now.size && memcmp(&now, stamp, sizeof(now)) != 0;
}
