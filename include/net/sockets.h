/*
 * TCP sockets that were refused, for the next attempts. To make a socket and to close it costs the kernel as much as the
 * refused connect itself, and a wait for one port does it hundreds of times.
 */
#ifndef NET_SOCKETS_H
#define NET_SOCKETS_H

#include <stddef.h>

enum { SOCKETS_KEPT_MAX = 4 };

struct sockets_kept {
	int fd, family;
	unsigned uses;
};

/* Zeroed: empty. */
struct sockets {
	struct sockets_kept kept[SOCKETS_KEPT_MAX];
	size_t count;
};

/*
 * Returns a stream socket of this family that does not block and is closed on exec: a kept one if there is one, else a
 * new one. *uses is how often it was used before. -1 with errno. sockets may be NULL: then it is always a new one.
 */
int sockets_open(struct sockets *sockets, int family, unsigned *uses);

/*
 * Takes a socket whose connect failed, and keeps or closes it. After 16 uses it is closed: a route or a filter that is
 * bound to the socket cannot last. uses is what sockets_open gave; sockets may be NULL.
 */
void sockets_give(struct sockets *sockets, int fd, int family, unsigned uses);

/* Closes what is kept; *sockets is empty afterwards. */
void sockets_release(struct sockets *sockets);

#endif
