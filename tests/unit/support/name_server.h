/* A DNS server on loopback that answers as a table says, in callbacks of the test's own loop. */
#ifndef NAME_SERVER_H
#define NAME_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit_loop.h"

enum name_server_type { NAME_SERVER_A = 1, NAME_SERVER_AAAA = 28 };

enum { NAME_SERVER_SERVFAIL = 2, NAME_SERVER_NXDOMAIN = 3, NAME_SERVER_REFUSED = 5 };

/* What a name has. A type without addresses gets an answer without any; a name that is in no row gets NXDOMAIN. */
struct name_server_row {
	const char *name;
	const char *a[3], *aaaa[3];
	int rcode_a, rcode_aaaa;  /* instead of addresses; 0: none */
	bool holds_a, holds_aaaa; /* no answer before name_server_release */
};

struct name_server_query {
	unsigned char data[512];
	size_t len;
	struct sockaddr_in from;
};

struct name_server {
	struct unit_loop *unit;
	struct loop_watch watch;
	int fd;
	uint16_t port;
	const struct name_server_row *rows;
	size_t row_count;
	unsigned asked; /* queries so far */
	struct name_server_query held[8];
	size_t held_count;
	bool stops_at_hold; /* stops the loop when a query is held */
};

void name_server_open(struct name_server *server, struct unit_loop *unit, const struct name_server_row *rows,
		      size_t count);
void name_server_close(struct name_server *server);

/* Answers what was held so far, as rows, which may have changed, say. */
void name_server_release(struct name_server *server);

#endif
