/* Socket addresses (IPv4, IPv6, Unix): reads, compares and prints them. Only address.c looks inside them. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The longest path of a Unix socket in bytes (unix(7)), and the buffer size that holds any address as a text. */
enum { ADDRESS_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1, ADDRESS_TEXT_MAX = ADDRESS_PATH_MAX + 1 };

/* Zeroed: no address. A plain value without pointers. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
	};
	socklen_t length; /* in bytes, for connect(2) */
};

/* So many addresses of one name are tried. A look-up compares each with each, so there has to be a limit. */
enum { ADDRESS_LIST_MAX = 256 };

/* Zeroed: empty. */
struct address_list {
	struct address *entries;
	size_t count;
};

/* Adds a copy, unless the list has this address already or is full. */
void address_list_add(struct address_list *list, const struct address *address);
bool address_list_has(const struct address_list *list, const struct address *address);

/* Frees the entries. The list is empty afterwards. */
void address_list_release(struct address_list *list);

/*
 * Sets address from a numeric host and a port, or from a path, which ignores port. A link-local address may have its
 * interface, "fe80::1%eth0". Returns false for a name, for a path longer than ADDRESS_PATH_MAX, and for an interface
 * that is not there; then address is zeroed.
 */
bool address_of_host(struct address *address, const char *host, uint16_t port);

/* Sets address to an address as a DNS record has it (4 or 16 bytes, AF_INET or AF_INET6), with port 0. */
void address_of_bytes(struct address *address, int family, const void *bytes);

/* Sets the port of an IPv4 or IPv6 address. */
void address_set_port(struct address *address, uint16_t port);

/* Makes ::ffff:10.0.0.1 10.0.0.1, with the port; leaves any other as it is. */
void address_unmap(struct address *address);

bool address_is_equal(const struct address *a, const struct address *b);

/* Returns the port; 0 for a path. */
uint16_t address_port(const struct address *address);

/*
 * Does a connection to this address stay on this machine? True for 127.0.0.0/8, also as an IPv4-mapped IPv6 address,
 * for ::1, and for 0.0.0.0 and ::, which connect to this machine too.
 */
bool address_is_loopback(const struct address *address);

/* Writes "172.17.0.2", "fd00::2", "fe80::1%eth0", "/run/x.sock", or "" for no address. out: ADDRESS_TEXT_MAX. Returns out. */
char *address_text(const struct address *address, char *out, size_t size);

#endif
