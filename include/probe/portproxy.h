/* Container engines publish ports by a proxy of their own, which accepts for whoever is, or is not yet, behind it. */
#ifndef PROBE_PORTPROXY_H
#define PROBE_PORTPROXY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Does Docker's proxy stand at this port of this machine? By the command lines in /proc, which anybody may read; false
 * where there is no /proc, or where it hides the processes of others. Takes some microseconds for each process.
 */
bool portproxy_stands_at(uint16_t port);

#endif
