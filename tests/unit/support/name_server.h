/* A DNS server on loopback that answers as a table says, in callbacks of the test's own loop. */
#ifndef NAME_SERVER_H
#define NAME_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit_loop.h"

enum name_server_type { NAME_SERVER_A = 1, NAME_SERVER_CNAME = 5, NAME_SERVER_AAAA = 28, NAME_SERVER_SRV = 33 };

enum { NAME_SERVER_SERVFAIL = 2, NAME_SERVER_NXDOMAIN = 3, NAME_SERVER_NOTIMP = 4, NAME_SERVER_REFUSED = 5 };

enum { NAME_SERVER_PACKET = 512, NAME_SERVER_HELD = 8, NAME_SERVER_STREAMS = 8, NAME_SERVER_LOG = 1024 };

struct name_server_service {
	const char *host; /* NULL: no record; "" for the root, so for none */
	uint16_t port, priority, weight;
};

/* What a name has. A type without addresses gets an answer without any; a name that is in no row gets NXDOMAIN. */
struct name_server_row {
	const char *name;
	const char *a[3], *aaaa[3];
	const char *aliases[3]; /* where CNAME records lead from the name, in turn; the addresses belong to the last */
	const char *owner;      /* the addresses belong to this name instead */
	struct name_server_service services[3];
	int rcode_a, rcode_aaaa;  /* instead of addresses; 0: none. What is said of A holds for SRV too */
	bool holds_a, holds_aaaa; /* no answer before name_server_release */
	bool cuts;                /* the answer does not fit into UDP */
};

struct name_server_query {
	unsigned char data[NAME_SERVER_PACKET];
	size_t len;
	struct sockaddr_in from;
	int stream; /* TCP; -1: UDP */
};

/* A TCP connection. */
struct name_server_stream {
	struct name_server *server;
	struct loop_watch watch;
	int fd;
	unsigned char data[2 + NAME_SERVER_PACKET]; /* the length, then a query */
	size_t len;
};

struct name_server {
	struct unit_loop *unit;
	struct loop_watch watch, listener_watch;
	int fd, listener; /* UDP; TCP, which refuses before name_server_listen */
	uint16_t port;
	const struct name_server_row *rows;
	size_t row_count;
	unsigned asked, asked_tcp; /* queries so far, and those of them that came over TCP */
	char log[NAME_SERVER_LOG]; /* of the queries: "6:db.test 4:db.test", "s:" for SRV; a test may empty it */
	struct name_server_query held[NAME_SERVER_HELD];
	size_t held_count;
	bool stops_at_hold; /* stops the loop when a query is held */
	struct name_server_stream streams[NAME_SERVER_STREAMS];
	size_t stream_count;
};

void name_server_open(struct name_server *server, struct unit_loop *unit, const struct name_server_row *rows,
		      size_t count);
void name_server_close(struct name_server *server); /* may be called twice */

/* Answers over TCP too, on the same port. */
void name_server_listen(struct name_server *server);

/* Closes the TCP connections there are. */
void name_server_hang_up(struct name_server *server);

/* Answers what was held so far, as rows, which may have changed, say. */
void name_server_release(struct name_server *server);

/* Has a query come over UDP that the loop has not given to the server yet? */
bool name_server_is_asked(const struct name_server *server);

/* Makes server the one of /etc/resolv.conf (own_files.h); more: further lines, "" for none. */
void name_server_use(const struct name_server *server, const char *more);

#endif
