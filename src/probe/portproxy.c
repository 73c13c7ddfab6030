#include "probe/portproxy.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads the start of /proc/PID/NAME into data and adds a NUL. Returns the number of bytes without it, or -1. */
static ssize_t portproxy_read(const char *pid, const char *name, char *data, size_t size)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, data, size - 1);
	close(fd);
	if (got >= 0)
		data[got] = '\0';
	return got;
}

/*
 * Is this the proxy of the port? docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port 8080 -container-ip 172.17.0.2 …
 */
static bool portproxy_is_for(const char *pid, const char *port)
{
	char data[1024];
	ssize_t size = portproxy_read(pid, "comm", data, sizeof(data));
	const char *word, *end;

	if (size < 0 || strcmp(data, "docker-proxy\n") != 0)
		return false;
	size = portproxy_read(pid, "cmdline", data, sizeof(data));
	if (size < 0)
		return false;
	end = data + size;
	for (word = data; word < end; word += strlen(word) + 1)
		if (strcmp(word, "-host-port") == 0 && word + sizeof("-host-port") < end)
			return strcmp(word + sizeof("-host-port"), port) == 0;
	return false;
}

bool portproxy_stands_at(uint16_t port)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char wanted[8];
	bool found = false;

	if (!processes)
		return false;
	snprintf(wanted, sizeof(wanted), "%u", (unsigned)port);
	while (!found && (entry = readdir(processes)))
		found = isdigit((unsigned char)entry->d_name[0]) && portproxy_is_for(entry->d_name, wanted);
	closedir(processes);
	return found;
}
