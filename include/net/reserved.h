/* Names that are not sent to DNS servers, whatever they are asked for (RFC 6761, RFC 7686). */
#ifndef NET_RESERVED_H
#define NET_RESERVED_H

#include <stdbool.h>

#include "net/address.h"

/* Is the name localhost, or a name under it? These are loopback (RFC 6761, 6.3). */
bool reserved_is_localhost(const char *name);

/* If it is such a name, adds the addresses of loopback to a list of fewer: 127.0.0.1, then ::1, with port 0. */
void reserved_add_loopback(const char *name, struct address_list *found);

/* Is it a name under onion? Only Tor knows these (RFC 7686). A service may be called onion itself. */
bool reserved_is_onion(const char *name);

#endif
