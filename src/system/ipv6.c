#include "system/ipv6.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

bool ipv6_parse(const char *text, struct in6_addr *address, const char **interface)
{
	const char *percent = strchr(text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);
	char plain[INET6_ADDRSTRLEN];

	if (len >= sizeof(plain) || (percent && percent[1] == '\0'))
		return false;
	memcpy(plain, text, len);
	plain[len] = '\0';
	*interface = percent ? percent + 1 : NULL;
	return inet_pton(AF_INET6, plain, address) == 1;
}

bool ipv6_is_link_local(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address);
}

uint32_t ipv6_interface_number(const char *interface)
{
	enum { DIGITS_MAX = 9 }; /* so that no number is too large */
	size_t digits = strspn(interface, "0123456789");
	uint32_t number = if_nametoindex(interface);

	if (number == 0 && digits <= DIGITS_MAX && interface[digits] == '\0')
		number = (uint32_t)strtoul(interface, NULL, 10);
	return number;
}
