#include "descriptors.h"

#include <dirent.h>

#include "unit.h"

int descriptors_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		fail_msg("no /proc/self/fd");
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the one of dir */
}
