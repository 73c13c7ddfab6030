/* The look-up of one endpoint, and the addresses that it gives to try. */
#ifndef RESOLVING_H
#define RESOLVING_H

#include "name_server.h"
#include "net/resolve.h"

struct resolving {
	struct unit_loop unit;
	struct name_server server;
	bool serves;
	struct lookup_shared *names;
	struct endpoint endpoint;
	struct resolve *resolve;
	int news;
	bool stops_at_address; /* stop at the first news with an address, not only when it is over */
	struct outcome outcome;
	char addresses[256]; /* in the order to try, joined by blanks */
};

/*
 * A look-up of host, with port 5432. With rows it starts a server that answers with them, and makes it the one of
 * resolv.conf (own_files.h).
 */
void resolving_open(struct resolving *resolving, const char *host, const char *fallback,
		    const struct name_server_row *rows, size_t count);
void resolving_close(struct resolving *resolving);

/* Begins an attempt: takes the addresses that are there. */
void resolving_start(struct resolving *resolving, int64_t waited);

/* The same, and runs the loop until the look-up is over, or until there is an address. */
void resolving_run(struct resolving *resolving, int64_t waited, const char *row);

#endif
