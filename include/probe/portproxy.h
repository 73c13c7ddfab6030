/*
 * Container engines publish ports through a proxy process. It accepts connections even if nothing listens in the container
 * yet (FACTS 17, 45, 51).
 */
#ifndef PROBE_PORTPROXY_H
#define PROBE_PORTPROXY_H

#include <stdint.h>

enum portproxy_kind {
	PORTPROXY_NONE,
	PORTPROXY_DOCKER,   /* docker-proxy connects to the container at once, and closes if it is refused */
	PORTPROXY_ROOTLESS, /* the proxy of a rootless engine tries ten times before it closes */
	PORTPROXY_KINDS
};

enum { PORTPROXY_PORTS = 1 << 16 };

/* Which ports of this machine are a proxy's. Zeroed, it is not read yet. */
struct portproxy {
	int64_t read_at;                                       /* clock_now() when reading began */
	uint64_t ports[PORTPROXY_KINDS][PORTPROXY_PORTS / 64]; /* one bit for each port */
};

/*
 * Returns what kind of proxy listens on the port, if one does. proc is "/proc". since is a clock_now() time at which the port
 * was open. If known was read before that, it is read again; that takes some microseconds for each process of the machine,
 * so the caller should keep known for later calls. The answer is PORTPROXY_NONE if there is no /proc, or if /proc hides
 * the processes of other users.
 */
enum portproxy_kind portproxy_at(struct portproxy *known, const char *proc, uint16_t port, int64_t since);

#endif
