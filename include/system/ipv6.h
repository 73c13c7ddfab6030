/* IPv6 addresses as texts. A link-local address has the interface behind which it is: "fe80::1%eth0" (RFC 4007, 11). */
#ifndef SYSTEM_IPV6_H
#define SYSTEM_IPV6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Reads an address. *interface then is the text after '%', which lies in text, or NULL. Returns false for anything that
 * is no address.
 */
bool ipv6_parse(const char *text, struct in6_addr *address, const char **interface);

/* May an address like this have an interface? Then connect(2) needs it too. */
bool ipv6_is_link_local(const struct in6_addr *address);

/* Returns the number of an interface from its name or from the number itself, "2"; 0 if it is neither now. */
uint32_t ipv6_interface_number(const char *interface);

#endif
