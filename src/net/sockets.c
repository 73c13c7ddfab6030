#include "net/sockets.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_USES_MAX = 16 };

int sockets_open(struct sockets *sockets, int family, unsigned *uses)
{
	*uses = 0;
	for (size_t i = 0; sockets && i < sockets->count; i++) {
		const struct sockets_kept kept = sockets->kept[i];

		if (kept.family != family)
			continue;
		sockets->kept[i] = sockets->kept[--sockets->count];
		*uses = kept.uses;
		return kept.fd;
	}
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/*
 * Dissolves the association (connect(2)): the socket has no port, no peer and no error any more, and the next connect
 * gets a new port. A kernel that cannot do it says so.
 */
static bool sockets_reset(int fd)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	return connect(fd, &nobody, sizeof(nobody)) == 0;
}

void sockets_give(struct sockets *sockets, int fd, int family, unsigned uses)
{
	bool is_ip = family == AF_INET || family == AF_INET6;

	if (sockets && is_ip && sockets->count < SOCKETS_KEPT_MAX && uses + 1 < SOCKETS_USES_MAX && sockets_reset(fd))
		sockets->kept[sockets->count++] = (struct sockets_kept){.fd = fd, .family = family, .uses = uses + 1};
	else
		close(fd);
}

void sockets_release(struct sockets *sockets)
{
	while (sockets->count)
		close(sockets->kept[--sockets->count].fd);
}
