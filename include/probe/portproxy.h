/*
 * Docker publishes ports through a proxy process. It accepts connections even if nothing listens in the container yet
 * (FACTS 17, 45).
 */
#ifndef PROBE_PORTPROXY_H
#define PROBE_PORTPROXY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Does docker-proxy listen on this port of this machine? The answer comes from the command lines in /proc, which every
 * user may read. It is false if there is no /proc, or if /proc hides the processes of other users. It takes some
 * microseconds for each process.
 */
bool portproxy_stands_at(uint16_t port);

#endif
