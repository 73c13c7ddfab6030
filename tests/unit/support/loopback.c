#include "loopback.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

struct address loopback_address(const char *host, uint16_t port)
{
	struct address address;

	if (!address_of_host(&address, host, port))
		fail_msg("%s is no address", host);
	return address;
}

static int loopback_try(const char *host, uint16_t *port)
{
	struct address address = loopback_address(host, *port);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, &address.any, address.length) || getsockname(fd, &address.any, &address.length)) {
		close(fd);
		return -1;
	}
	*port = address_port(&address);
	return fd;
}

int loopback_bind(const char *host, uint16_t *port)
{
	int fd = loopback_try(host, port);

	if (fd < 0)
		fail_msg("cannot bind %s: %s", host, strerror(errno));
	return fd;
}

int loopback_listen(const char *host, uint16_t *port)
{
	int fd = loopback_bind(host, port);

	if (listen(fd, 64))
		fail_msg("cannot listen on %s: %s", host, strerror(errno));
	return fd;
}

int loopback_listen_full(const char *host, uint16_t *port, int *filler)
{
	int fd = loopback_bind(host, port);
	struct address address = loopback_address(host, *port);

	*filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listen(fd, 0) || connect(*filler, &address.any, address.length))
		fail_msg("cannot fill a listener on %s: %s", host, strerror(errno));
	return fd;
}

char *loopback_text(const char *text, uint16_t refusing, uint16_t listening)
{
	struct buf out = {0};
	char port[8];

	for (; *text; text++) {
		snprintf(port, sizeof(port), "%u", (unsigned)(*text == 'R' ? refusing : listening));
		if (*text == 'R' || *text == 'L')
			buf_add_text(&out, port);
		else
			buf_add(&out, text, 1);
	}
	return buf_detach(&out);
}

bool loopback_has_v6(void)
{
	uint16_t port = 0;
	int fd = loopback_try("::1", &port);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
