#include "probe/gateway.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* A container can be connected to another network at any time. */
#define GATEWAY_FRESH (1 * CLOCK_S)

enum { GATEWAY_CHUNK = 4096, GATEWAY_SIZE_MAX = 640 * 1024 }; /* bytes: of a reading, and of a file: 4,096 routes */

enum { GATEWAY_FLAG = 0x2 /* RTF_GATEWAY, route(8) */ };

/* Where the routes of a family are, and what one of its lines adds. */
struct gateway_file {
	const char *name;
	void (*take)(struct gateway_family *known, const char *line);
};

static void gateway_add(struct gateway_family *known, int family, const void *bytes)
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
static void gateway_take_v4(struct gateway_family *known, const char *line)
{
	uint32_t bytes = (uint32_t)strtoul(gateway_word(line, 2), NULL, 16);

	if (bytes && strtoul(gateway_word(line, 3), NULL, 16) & GATEWAY_FLAG)
		gateway_add(known, AF_INET, &bytes);
}

/* Ten words without a heading: the fifth is the gateway, 32 hex digits, and the ninth the flags. */
static void gateway_take_v6(struct gateway_family *known, const char *line)
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

/*
 * Takes each line of a file; in those of the kernel each has an end, and none is long. Without stdio, whose buffer is more
 * work than the file of a container with its few routes.
 */
static void gateway_read(struct gateway_family *known, const char *proc, const struct gateway_file *file)
{
	char path[64], text[GATEWAY_CHUNK + 1];
	size_t kept = 0, all = 0; /* bytes of a line whose end was not read yet; of the file */
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/net/%s", proc, file->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while (kept < GATEWAY_CHUNK && all < GATEWAY_SIZE_MAX &&
	       (got = read(fd, text + kept, GATEWAY_CHUNK - kept)) > 0) {
		char *line = text, *end;

		text[kept + (size_t)got] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			file->take(known, line);
		}
		kept = strlen(line);
		memmove(text, line, kept);
		all += (size_t)got;
	}
	close(fd);
}

bool gateway_is(struct gateway *known, const char *proc, const struct address *address)
{
	static const struct gateway_file files[GATEWAY_FAMILIES] = {
		{"route", gateway_take_v4},
		{"ipv6_route", gateway_take_v6},
	};
	struct address host = *address;
	size_t number = address->any.sa_family == AF_INET6;
	struct gateway_family *family = &known->families[number];
	int64_t now = clock_now();

	if (!family->read_at || now - family->read_at > GATEWAY_FRESH) {
		*family = (struct gateway_family){.read_at = now};
		gateway_read(family, proc, &files[number]);
	}
	address_set_port(&host, 0);
	for (size_t i = 0; i < family->count; i++)
		if (address_is_equal(&family->list[i], &host))
			return true;
	return false;
}
