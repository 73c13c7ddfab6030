#include "system/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int terminal_open(int fd)
{
	char path[32];

	if (!isatty(fd))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
