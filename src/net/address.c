#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool address_of_path(struct address *address, const char *path)
{
	size_t len = strlen(path);

	if (len > ADDRESS_PATH_MAX)
		return false;
	address->local.sun_family = AF_UNIX;
	memcpy(address->local.sun_path, path, len);
	address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return true;
}

static void address_set_port(struct address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET) {
		address->v4.sin_port = htons(port);
		address->length = sizeof(address->v4);
	} else {
		address->v6.sin6_port = htons(port);
		address->length = sizeof(address->v6);
	}
}

bool address_of_host(struct address *address, const char *host, uint16_t port)
{
	memset(address, 0, sizeof(*address));
	if (host[0] == '/')
		return address_of_path(address, host);
	if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1)
		address->v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1)
		address->v6.sin6_family = AF_INET6;
	else
		return false;
	address_set_port(address, port);
	return true;
}

bool address_of_socket(struct address *address, const struct sockaddr *found, uint16_t port)
{
	memset(address, 0, sizeof(*address));
	if (found->sa_family == AF_INET)
		memcpy(&address->v4, found, sizeof(address->v4));
	else if (found->sa_family == AF_INET6)
		memcpy(&address->v6, found, sizeof(address->v6));
	else
		return false;
	address_set_port(address, port);
	return true;
}

bool address_is_equal(const struct address *a, const struct address *b)
{
	return a->length == b->length && memcmp(&a->any, &b->any, a->length) == 0;
}

uint16_t address_port(const struct address *address)
{
	switch (address->any.sa_family) {
	case AF_INET:
		return ntohs(address->v4.sin_port);
	case AF_INET6:
		return ntohs(address->v6.sin6_port);
	default:
		return 0;
	}
}

bool address_is_loopback(const struct address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127 ||
		       address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return address->any.sa_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_UNSPECIFIED(v6) ||
						      (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127));
}

char *address_text(const struct address *address, char *out, size_t size)
{
	out[0] = '\0';
	if (address->any.sa_family == AF_UNIX)
		snprintf(out, size, "%s", address->local.sun_path);
	else if (address->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &address->v4.sin_addr, out, (socklen_t)size);
	else if (address->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &address->v6.sin6_addr, out, (socklen_t)size);
	return out;
}
