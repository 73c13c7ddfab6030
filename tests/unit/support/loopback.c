#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

struct sockaddr_storage loopback_address(const char *host, uint16_t port)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (strchr(host, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, host, &v6->sin6_addr);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		inet_pton(AF_INET, host, &v4->sin_addr);
	}
	return address;
}

static int loopback_try(const char *host, uint16_t *port)
{
	struct sockaddr_storage address = loopback_address(host, *port);
	bool v6 = address.ss_family == AF_INET6;
	socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, len) || getsockname(fd, (struct sockaddr *)&address, &len)) {
		close(fd);
		return -1;
	}
	*port = ntohs(v6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
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
	struct sockaddr_storage address = loopback_address(host, *port);

	*filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listen(fd, 0) || connect(*filler, (struct sockaddr *)&address, sizeof(struct sockaddr_in)))
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
