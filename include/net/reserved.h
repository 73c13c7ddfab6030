/* Names that are not sent to DNS servers, whatever they are asked for (RFC 6761, RFC 7686). Pure functions. */
#ifndef NET_RESERVED_H
#define NET_RESERVED_H

#include <stdbool.h>

/* Is the name localhost, or a name under it? These are loopback (RFC 6761, 6.3). */
bool reserved_is_localhost(const char *name);

/* Is it a name under onion? Only Tor knows these (RFC 7686). A service may be called onion itself. */
bool reserved_is_onion(const char *name);

#endif
