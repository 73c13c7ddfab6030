#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "system/ipv6.h"

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

void address_set_port(struct address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET) {
		address->v4.sin_port = htons(port);
		address->length = sizeof(address->v4);
	} else if (address->any.sa_family == AF_INET6) {
		address->v6.sin6_port = htons(port);
		address->length = sizeof(address->v6);
	}
}

static bool address_of_v6(struct address *address, const char *host)
{
	struct sockaddr_in6 made = {.sin6_family = AF_INET6};
	const char *interface;

	if (!ipv6_parse(host, &made.sin6_addr, &interface))
		return false;
	if (interface) {
		made.sin6_scope_id = ipv6_is_link_local(&made.sin6_addr) ? ipv6_interface_number(interface) : 0;
		if (made.sin6_scope_id == 0)
			return false;
	}
	address->v6 = made;
	return true;
}

bool address_of_host(struct address *address, const char *host, uint16_t port)
{
	memset(address, 0, sizeof(*address));
	if (host[0] == '/')
		return address_of_path(address, host);
	if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1)
		address->v4.sin_family = AF_INET;
	else if (!address_of_v6(address, host))
		return false;
	address_set_port(address, port);
	return true;
}

void address_of_bytes(struct address *address, int family, const void *bytes)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		memcpy(&address->v4.sin_addr, bytes, sizeof(address->v4.sin_addr));
	else
		memcpy(&address->v6.sin6_addr, bytes, sizeof(address->v6.sin6_addr));
	address_set_port(address, 0);
}

void address_unmap(struct address *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = address->v6.sin6_port};

	if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
		return;
	memcpy(&v4.sin_addr, &address->v6.sin6_addr.s6_addr[12], sizeof(v4.sin_addr));
	memset(address, 0, sizeof(*address));
	address->v4 = v4;
	address->length = sizeof(v4);
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

/* Adds the interface of a link-local address: "%eth0". */
static void address_add_interface(uint32_t number, char *out, size_t size)
{
	char name[IF_NAMESIZE];
	size_t len = strlen(out);

	if (number == 0)
		return;
	if (if_indextoname(number, name))
		snprintf(out + len, size - len, "%%%s", name);
	else
		snprintf(out + len, size - len, "%%%u", (unsigned)number);
}

char *address_text(const struct address *address, char *out, size_t size)
{
	out[0] = '\0';
	if (address->any.sa_family == AF_UNIX)
		snprintf(out, size, "%s", address->local.sun_path);
	else if (address->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &address->v4.sin_addr, out, (socklen_t)size);
	else if (address->any.sa_family == AF_INET6 &&
		 inet_ntop(AF_INET6, &address->v6.sin6_addr, out, (socklen_t)size))
		address_add_interface(address->v6.sin6_scope_id, out, size);
	return out;
}

bool address_list_has(const struct address_list *list, const struct address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_is_equal(&list->entries[i], address))
			return true;
	return false;
}

void address_list_add(struct address_list *list, const struct address *address)
{
	if (list->count == ADDRESS_LIST_MAX || address_list_has(list, address))
		return;
	/* Grows by doubling: at each power of two the list is full. */
	if ((list->count & (list->count - 1)) == 0)
		list->entries = alloc_resize(list->entries, list->count ? list->count * 2 : 1, sizeof(*list->entries));
	list->entries[list->count++] = *address;
}

void address_list_release(struct address_list *list)
{
	free(list->entries);
	*list = (struct address_list){0};
}
