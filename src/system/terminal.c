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

int terminal_of_foreground(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetpgrp(fd) == getpgrp())
			return fd;
	return -1;
}

void terminal_give(int fd, pid_t group)
{
	if (fd >= 0)
		tcsetpgrp(fd, group);
}
