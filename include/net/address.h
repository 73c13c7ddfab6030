/* Socket addresses, Unix paths included: made from texts, compared, printed. The one place that takes them apart. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The longest path of a Unix socket that the kernel takes (unix(7)), and room for any address as a text. */
enum { ADDRESS_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1, ADDRESS_TEXT_MAX = ADDRESS_PATH_MAX + 1 };

/* Zeroed: none. A value, copied freely. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
	};
	socklen_t length; /* what connect(2) takes */
};

/*
 * Sets address to a numeric host with a port, or to a path, whose port is of no account. False, and address is zeroed, for
 * a name and for a path above ADDRESS_PATH_MAX.
 */
bool address_of_host(struct address *address, const char *host, uint16_t port);

/* Copies what another library found, with that port; false for a family that is not known here. */
bool address_of_socket(struct address *address, const struct sockaddr *found, uint16_t port);

bool address_is_equal(const struct address *a, const struct address *b);

/* 0 for a path. */
uint16_t address_port(const struct address *address);

/* Does it lead to this machine: 127.0.0.0/8, ::1, the same as a mapped address, and the wildcards, which connect here too? */
bool address_is_loopback(const struct address *address);

/* "172.17.0.2", "fd00::2", "/run/x.sock", "" for none. out: ADDRESS_TEXT_MAX. Returns out. */
char *address_text(const struct address *address, char *out, size_t size);

#endif
