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
	int64_t took;                                          /* microseconds */
	uint64_t ports[PORTPROXY_KINDS][PORTPROXY_PORTS / 64]; /* one bit for each port */
};

/*
 * Returns in how many microseconds portproxy_at should be called for a port that is open since then: 0, unless it would
 * read everything again right after it did. Reading takes a fifth of the time at most: hundreds of ports may open one
 * after the other on a machine with thousands of processes.
 */
int64_t portproxy_due(const struct portproxy *known, int64_t since, int64_t now);

/*
 * Returns what kind of proxy listens on the port, if one does. proc is "/proc". since is a clock_now() time at which the port
 * was open. If known was read before that, it is read again; that takes some microseconds for each process of the machine,
 * so the caller should keep known for later calls. The answer is PORTPROXY_NONE if there is no /proc, or if /proc hides
 * the processes of other users.
 */
enum portproxy_kind portproxy_at(struct portproxy *known, const char *proc, uint16_t port, int64_t since);

#endif
