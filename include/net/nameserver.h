/* One DNS server, asked through c-ares, which writes and reads the packets. The caller keeps the time. */
#ifndef NET_NAMESERVER_H
#define NET_NAMESERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"
#include "net/records.h"
#include "target/outcome.h"

/* Of one server: a socket for UDP, one for TCP, and those that are being given up. */
enum { NAMESERVER_SOCKETS = 4 };

struct nameserver;

struct nameserver_socket {
	int fd; /* -1: free */
	struct nameserver *server;
	struct loop_watch watch;
};

struct nameserver {
	struct ares_channeldata *channel; /* c-ares'; NULL: not open */
	struct loop *loop;
	struct nameserver_socket sockets[NAMESERVER_SOCKETS];
	unsigned asked; /* tries without an answer */
	int64_t opened; /* when its oldest socket was opened; 0: none is open */
};

/* What became of a try. */
enum nameserver_result {
	NAMESERVER_ANSWER, /* records, or that there are none: the outcome says which */
	NAMESERVER_ERROR,  /* the server cannot tell; another one may */
	NAMESERVER_LOST    /* nobody answered, or the server was closed */
};

/* One question to one server. The caller's memory, until `answered` was called, which happens exactly once. */
struct nameserver_try {
	struct nameserver *server;
	enum records_type type;
	/*
	 * May be called inside nameserver_ask and nameserver_close. It must not call a function of the server. It may take
	 * what was found and zero it.
	 */
	void (*answered)(struct nameserver_try *try, enum nameserver_result result, const struct outcome *outcome,
			 struct records *found);
	void *arg;
};

/* Call this before any other function. */
void nameserver_init(struct nameserver *server, struct loop *loop);

/*
 * Prepares c-ares for the server at address, as resolv.conf has it; "127.0.0.1:5353" is an address too. Opens no socket.
 * Does nothing if it is open. Returns NULL, or why it failed.
 */
const char *nameserver_open(struct nameserver *server, const char *address, bool use_tcp);

/* Gives up all tries: they are lost. Safe on one that is not open. Not in a callback (c-ares#347, FACTS 15). */
void nameserver_close(struct nameserver *server);

/* Asks an open server for the records of one type that a complete name has. */
void nameserver_ask(struct nameserver *server, const char *name, enum records_type type, struct nameserver_try *try);

/*
 * Closes sockets without a try, and loses tries that are older than 10 s; some may be younger, because c-ares shortens
 * that by what it learned from earlier answers (FACTS 52). Returns whether a socket is still open. Not in a callback.
 */
bool nameserver_tidy(struct nameserver *server);

#endif
