#include "place.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watch.h"

void place_open(struct place *place, const char *folder, unsigned long number)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	snprintf(place->file, sizeof(place->file), "%s/file-%lu", folder, number);
	place->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	watch_must(place->listener >= 0, "socket");
	watch_must(bind(place->listener, (struct sockaddr *)&address, len) == 0, "bind");
	watch_must(listen(place->listener, 64) == 0, "listen");
	watch_must(getsockname(place->listener, (struct sockaddr *)&address, &len) == 0, "getsockname");
	place->port = ntohs(address.sin_port);
}

void place_prepare(const struct place *place, enum place_kind kind)
{
	if (kind == PLACE_FILE)
		place_make_file(place);
	else if (kind == PLACE_LATE_FILE)
		place_remove_file(place);
}

void place_make_file(const struct place *place)
{
	int fd = open(place->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	watch_must(fd >= 0, place->file);
	close(fd);
}

void place_remove_file(const struct place *place)
{
	unlink(place->file);
}

void place_empty(const struct place *place)
{
	int fd;

	while ((fd = accept4(place->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}

void place_target(const struct place *place, enum place_kind kind, char *target, size_t size)
{
	if (kind == PLACE_PORT)
		snprintf(target, size, "tcp://127.0.0.1:%d", place->port);
	else if (kind == PLACE_PROGRAM)
		snprintf(target, size, "exec:///bin/true");
	else
		snprintf(target, size, "file://%s", place->file);
}

const char *place_name(enum place_kind kind)
{
	static const char *const names[PLACE_KINDS] = {"a file", "a late file", "a port", "a program"};

	return names[kind];
}
