#include "probe/gateway.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* A container can be connected to another network at any time. */
#define GATEWAY_FRESH (1 * CLOCK_S)

enum { GATEWAY_LINES_MAX = 4096, GATEWAY_FLAG = 0x2 /* RTF_GATEWAY, route(8) */ };

static void gateway_add(struct gateway *known, int family, const void *bytes)
{
	struct address address;

	address_of_bytes(&address, family, bytes);
	for (size_t i = 0; i < known->count; i++)
		if (address_is_equal(&known->list[i], &address))
			return;
	if (known->count < GATEWAY_MAX)
		known->list[known->count++] = address;
}

/* Returns word number index of a line of words, or "". */
static const char *gateway_word(const char *line, int index)
{
	for (; index > 0; index--) {
		line += strcspn(line, " \t");
		line += strspn(line, " \t");
	}
	return line;
}

/*
 * "Iface Destination Gateway Flags …": the gateway is the address in the machine's own byte order, in hex. The heading is
 * such a line too, with 0.
 */
static void gateway_take_v4(struct gateway *known, const char *line)
{
	uint32_t bytes = (uint32_t)strtoul(gateway_word(line, 2), NULL, 16);

	if (bytes && strtoul(gateway_word(line, 3), NULL, 16) & GATEWAY_FLAG)
		gateway_add(known, AF_INET, &bytes);
}

/* Ten words without a heading: the fifth is the gateway, 32 hex digits, and the ninth the flags. */
static void gateway_take_v6(struct gateway *known, const char *line)
{
	const char *digits = gateway_word(line, 4);
	unsigned char bytes[16];

	if (strcspn(digits, " \t") != 2 * sizeof(bytes) || !(strtoul(gateway_word(line, 8), NULL, 16) & GATEWAY_FLAG))
		return;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		const char pair[] = {digits[2 * i], digits[2 * i + 1], '\0'};

		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	gateway_add(known, AF_INET6, bytes);
}

static void gateway_read(struct gateway *known, const char *proc, const char *name,
			 void (*take)(struct gateway *known, const char *line))
{
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/net/%s", proc, name);
	file = fopen(path, "re");
	if (!file)
		return;
	for (int i = 0; i < GATEWAY_LINES_MAX && fgets(line, sizeof(line), file); i++)
		take(known, line);
	fclose(file);
}

bool gateway_is(struct gateway *known, const char *proc, const struct address *address)
{
	struct address host = *address;
	int64_t now = clock_now();

	if (!known->read_at || now - known->read_at > GATEWAY_FRESH) {
		*known = (struct gateway){.read_at = now};
		gateway_read(known, proc, "route", gateway_take_v4);
		gateway_read(known, proc, "ipv6_route", gateway_take_v6);
	}
	address_set_port(&host, 0);
	for (size_t i = 0; i < known->count; i++)
		if (address_is_equal(&known->list[i], &host))
			return true;
	return false;
}
