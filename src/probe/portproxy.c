#include "probe/portproxy.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Reading may take one part in so many of the time. */
enum { PORTPROXY_SHARE = 5 };

/* A program that is such a proxy. */
struct portproxy_program {
	const char *comm; /* the content of /proc/PID/comm, at most 15 characters */
	enum portproxy_kind kind;
	bool has_argument; /* its command line says which port it is for; otherwise its sockets do */
};

/*
 * docker-proxy and Podman's rootlessport were measured (FACTS 17, 45, 51). rootlessport is rootlesskit's builtin port driver
 * in a program of Podman's. The others are known from the source of rootlesskit and Docker only: rootlesskit listens
 * itself for rootless Docker and for nerdctl, dockerd-rootless.sh may find it as docker-rootlesskit, and a Docker that calls
 * rootlesskit-docker-proxy gives it the arguments of docker-proxy.
 *
 * slirp4netns and pasta can publish ports too. They are not in the table: they were not measured.
 */
static const struct portproxy_program portproxy_programs[] = {
	{"docker-proxy", PORTPROXY_DOCKER, true},       {"rootlesskit-doc", PORTPROXY_DOCKER, true},
	{"rootlessport", PORTPROXY_ROOTLESS, false},    {"rootlesskit", PORTPROXY_ROOTLESS, false},
	{"docker-rootless", PORTPROXY_ROOTLESS, false},
};

struct portproxy_numbers {
	unsigned long *list;
	size_t count;
};

/* The state of reading /proc once. */
struct portproxy_reading {
	struct portproxy *found;
	int proc_fd;
	struct portproxy_numbers sockets; /* inodes of the sockets of proxies without an argument */
	struct portproxy_numbers users;   /* owners of those whose sockets this user may not look at */
};

static void portproxy_add_number(struct portproxy_numbers *numbers, unsigned long number)
{
	numbers->list = alloc_resize(numbers->list, numbers->count + 1, sizeof(*numbers->list));
	numbers->list[numbers->count++] = number;
}

static bool portproxy_has_number(const struct portproxy_numbers *numbers, unsigned long number)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->list[i] == number)
			return true;
	return false;
}

static void portproxy_add_port(struct portproxy *found, enum portproxy_kind kind, unsigned long port)
{
	if (port < PORTPROXY_PORTS)
		found->ports[kind][port / 64] |= UINT64_C(1) << port % 64;
}

static bool portproxy_has_port(const struct portproxy *found, enum portproxy_kind kind, uint16_t port)
{
	return found->ports[kind][port / 64] >> port % 64 & 1;
}

/* Reads the start of PID/NAME into data and adds a NUL. Returns the number of bytes without it, or -1. */
static ssize_t portproxy_read(int proc_fd, const char *pid, const char *name, char *data, size_t size)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%.20s/%s", pid, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, data, size - 1);
	close(fd);
	if (got >= 0)
		data[got] = '\0';
	return got;
}

static const struct portproxy_program *portproxy_program(int proc_fd, const char *pid)
{
	char comm[32];

	if (portproxy_read(proc_fd, pid, "comm", comm, sizeof(comm)) < 0)
		return NULL;
	comm[strcspn(comm, "\n")] = '\0';
	for (size_t i = 0; i < sizeof(portproxy_programs) / sizeof(portproxy_programs[0]); i++)
		if (strcmp(comm, portproxy_programs[i].comm) == 0)
			return &portproxy_programs[i];
	return NULL;
}

/* Adds the port of docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port 8080 -container-ip 172.17.0.2 … */
static void portproxy_add_argument(struct portproxy_reading *reading, const char *pid, enum portproxy_kind kind)
{
	static const char option[] = "-host-port";
	char data[1024];
	ssize_t size = portproxy_read(reading->proc_fd, pid, "cmdline", data, sizeof(data));

	for (const char *word = data; size > 0 && word < data + size; word += strlen(word) + 1)
		if (strcmp(word, option) == 0 && word + sizeof(option) < data + size)
			portproxy_add_port(reading->found, kind, strtoul(word + sizeof(option), NULL, 10));
}

/* If this user may not look at the sockets of a proxy, all listeners of its owner count as the proxy's. */
static void portproxy_add_user(struct portproxy_reading *reading, const char *pid)
{
	struct stat found;

	if (fstatat(reading->proc_fd, pid, &found, 0) == 0)
		portproxy_add_number(&reading->users, found.st_uid);
}

static void portproxy_add_socket(struct portproxy_reading *reading, int folder, const char *name)
{
	static const char socket[] = "socket:[";
	char target[64] = "";

	if (readlinkat(folder, name, target, sizeof(target) - 1) > 0 &&
	    strncmp(target, socket, sizeof(socket) - 1) == 0)
		portproxy_add_number(&reading->sockets, strtoul(target + sizeof(socket) - 1, NULL, 10));
}

static void portproxy_add_sockets(struct portproxy_reading *reading, const char *pid)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;
	int fd;

	snprintf(path, sizeof(path), "%.20s/fd", pid);
	fd = openat(reading->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder) {
		portproxy_add_user(reading, pid);
		return;
	}
	while ((entry = readdir(folder)))
		portproxy_add_socket(reading, fd, entry->d_name);
	closedir(folder);
}

static void portproxy_add_process(struct portproxy_reading *reading, const char *pid)
{
	const struct portproxy_program *program = portproxy_program(reading->proc_fd, pid);

	if (program && program->has_argument)
		portproxy_add_argument(reading, pid, program->kind);
	else if (program)
		portproxy_add_sockets(reading, pid);
}

/* Returns the end of the word number count of a line. */
static const char *portproxy_skip(const char *at, int count)
{
	for (; count > 0; count--) {
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	return at;
}

/*
 * Adds the port of a listener if it is a proxy's. line is one of /proc/net/tcp:
 *    0: 0100007F:1FA3 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1891481 1 ...
 * with the port in hexadecimal, the state (0A: listening), the user and the inode of the socket. Returns false after the
 * last listener: only connections follow, and there may be many.
 */
static bool portproxy_add_listener(struct portproxy_reading *reading, const char *line)
{
	const char *colon = strchr(portproxy_skip(line, 1), ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 16) : 0;
	unsigned long user = strtoul(portproxy_skip(line, 7), NULL, 10);
	unsigned long inode = strtoul(portproxy_skip(line, 9), NULL, 10);

	if (strncmp(portproxy_skip(line, 3), " 0A ", 4) != 0)
		return false;
	if (portproxy_has_number(&reading->sockets, inode) || portproxy_has_number(&reading->users, user))
		portproxy_add_port(reading->found, PORTPROXY_ROOTLESS, port);
	return true;
}

static void portproxy_add_listeners(struct portproxy_reading *reading, const char *table)
{
	int fd = openat(reading->proc_fd, table, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	if (!file)
		return;
	/* The first line has the names of the columns. */
	if (fgets(line, sizeof(line), file))
		while (fgets(line, sizeof(line), file) && portproxy_add_listener(reading, line))
			;
	fclose(file);
}

static void portproxy_read_all(struct portproxy *found, const char *proc)
{
	DIR *processes = opendir(proc);
	struct portproxy_reading reading = {.found = found, .proc_fd = processes ? dirfd(processes) : -1};
	struct dirent *entry;

	*found = (struct portproxy){.read_at = clock_now()};
	if (!processes)
		return;
	while ((entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			portproxy_add_process(&reading, entry->d_name);
	if (reading.sockets.count || reading.users.count) {
		portproxy_add_listeners(&reading, "net/tcp");
		portproxy_add_listeners(&reading, "net/tcp6");
	}
	closedir(processes);
	free(reading.sockets.list);
	free(reading.users.list);
}

int64_t portproxy_due(const struct portproxy *known, int64_t since, int64_t now)
{
	int64_t due = known->read_at + PORTPROXY_SHARE * known->took - now;

	return known->read_at && known->read_at < since && due > 0 ? due : 0;
}

enum portproxy_kind portproxy_at(struct portproxy *known, const char *proc, uint16_t port, int64_t since)
{
	if (!known->read_at || known->read_at < since) {
		portproxy_read_all(known, proc);
		known->took = clock_now() - known->read_at;
	}
	/* Rootless Docker has both at one port: rootlesskit, and docker-proxy behind it. The more patient one counts. */
	for (int kind = PORTPROXY_KINDS - 1; kind > PORTPROXY_NONE; kind--)
		if (portproxy_has_port(known, (enum portproxy_kind)kind, port))
			return (enum portproxy_kind)kind;
	return PORTPROXY_NONE;
}
