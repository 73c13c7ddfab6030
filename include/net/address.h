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

/*
 * Sets address from a numeric host and a port, or from a path, which ignores port. Returns false for a name and for a
 * path longer than ADDRESS_PATH_MAX; then address is zeroed.
 */
bool address_of_host(struct address *address, const char *host, uint16_t port);

/* Sets address to the IPv4 or IPv6 address in *found, with this port. Returns false for any other family. */
bool address_of_socket(struct address *address, const struct sockaddr *found, uint16_t port);

bool address_is_equal(const struct address *a, const struct address *b);

/* Returns the port; 0 for a path. */
uint16_t address_port(const struct address *address);

/*
 * Does a connection to this address stay on this machine? True for 127.0.0.0/8, also as an IPv4-mapped IPv6 address,
 * for ::1, and for 0.0.0.0 and ::, which connect to this machine too.
 */
bool address_is_loopback(const struct address *address);

/* Writes "172.17.0.2", "fd00::2", "/run/x.sock", or "" for no address. out: ADDRESS_TEXT_MAX. Returns out. */
char *address_text(const struct address *address, char *out, size_t size);

#endif
