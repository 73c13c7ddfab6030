/*
 * Replaces musl's getaddrinfo and getnameinfo, which libpq, libcurl and libevent are linked with. They are only asked about
 * numeric addresses here, since net/resolve looks names up; musl's own would bring a second resolver along, 11 kB. This file is
 * linked before the C library, so that the linker takes these. getaddrinfo(3), getnameinfo(3).
 */
#include <features.h>
#include <stdbool.h>

#ifndef __GLIBC__
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"

/* What getaddrinfo returns: one address, behind its description. */
struct libc_names_info {
	struct addrinfo info;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
};

/* Reads "fe80::1%eth0" too. Returns false if it is no address of IPv6. */
static bool libc_names_read_v6(struct sockaddr_in6 *address, const char *host)
{
	size_t len = strcspn(host, "%");
	char number[INET6_ADDRSTRLEN];

	if (len >= sizeof(number))
		return false;
	memcpy(number, host, len);
	number[len] = '\0';
	if (host[len])
		address->sin6_scope_id = if_nametoindex(host + len + 1);
	return inet_pton(AF_INET6, number, &address->sin6_addr) == 1;
}

int getaddrinfo(const char *restrict host, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict result)
{
	int family = hints ? hints->ai_family : AF_UNSPEC;
	uint16_t port = service ? htons((uint16_t)strtoul(service, NULL, 10)) : 0;
	struct libc_names_info *made = alloc_zero(1, sizeof(*made));

	made->info.ai_addr = &made->address.any;
	made->info.ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM;
	made->info.ai_protocol = hints ? hints->ai_protocol : 0;
	if (host && family != AF_INET6 && inet_pton(AF_INET, host, &made->address.v4.sin_addr) == 1) {
		made->address.v4.sin_port = port;
		made->info.ai_family = made->address.v4.sin_family = AF_INET;
		made->info.ai_addrlen = sizeof(made->address.v4);
	} else if (host && family != AF_INET && libc_names_read_v6(&made->address.v6, host)) {
		made->address.v6.sin6_port = port;
		made->info.ai_family = made->address.v6.sin6_family = AF_INET6;
		made->info.ai_addrlen = sizeof(made->address.v6);
	} else {
		free(made);
		return EAI_NONAME;
	}
	*result = &made->info;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	free(list); /* it is the first member of what was made, and there is never a second one */
}

/* The text of an address and a port, for messages. */
int getnameinfo(const struct sockaddr *restrict address, socklen_t len, char *restrict host, socklen_t host_size,
		char *restrict service, socklen_t service_size, int flags)
{
	bool v6 = address->sa_family == AF_INET6;
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;

	(void)len;
	(void)flags;
	if (address->sa_family == AF_UNIX) { /* evhttp wants a name for every client; "localhost" is glibc's */
		if (host && host_size)
			snprintf(host, host_size, "localhost");
		if (service && service_size)
			*service = '\0';
		return 0;
	}
	if (!v6 && address->sa_family != AF_INET)
		return EAI_FAMILY;
	if (host && host_size &&
	    !inet_ntop(address->sa_family, v6 ? (const void *)&six->sin6_addr : &four->sin_addr, host, host_size))
		return EAI_OVERFLOW;
	if (service && service_size)
		snprintf(service, service_size, "%u", (unsigned)ntohs(v6 ? six->sin6_port : four->sin_port));
	return 0;
}

#else
/* glibc's own are used: tests are linked with it, and its sanitizers watch them. */
typedef int libc_names_are_glibcs;
#endif
