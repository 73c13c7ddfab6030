/* One connection of the app: held, then connected to its target, then relayed. */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/connector.h"
#include "net/address.h"
#include "net/relay.h"
#include "system/log.h"
#include "wait/progress.h"

/* What all clients share. */
struct client_pool {
	struct runner_pool runners;
	struct log *log;
	int64_t timeout; /* how long a connection is held, in microseconds; 0: for ever */
	size_t room;     /* how many connections more there may be */
	size_t let_in;   /* how many are not held any more: they connect to their targets, or are relayed */
	void (*room_changed)(void *arg);
	bool (*is_own)(void *arg, uint16_t port); /* do we listen there? */
	void *arg;
};

/* Where the clients of one target belong. */
struct client_owner {
	struct client_pool *pool;
	struct progress *progress;
	/* The target did not let one in, who is held again. progress->outcome says why. */
	void (*lost)(void *arg);
	/* The target has left one first. It may be going down: then what is known of it is no longer good. */
	void (*left)(void *arg);
	/* There is no socket for one who is held; client_connect must be called again later. */
	void (*starved)(void *arg);
	void *arg;
};

struct client {
	const struct client_owner *owner;
	enum { CLIENT_HELD, CLIENT_CONNECTS, CLIENT_RELAYED } state;
	int fd;        /* until it is relayed */
	int asker;     /* a probe that asks whether it is passed on (net/held.h); -1: none */
	char *host;    /* where it is connected to, meanwhile; NULL else */
	int64_t began; /* when it began to connect; clock_now() time */
	struct connector connector;
	struct relay relay;
	struct loop_watch gone;
	struct loop_timer expiry;
	struct client *next, **link;
};

/*
 * Adds a client for the connection fd, which is its own from now on, at the end of the list. It is held, and freed when it is gone.
 * owner must outlive it.
 */
struct client *client_add(struct client **list, const struct client_owner *owner, int fd);

/*
 * Is one that was held gone, and has it said nothing? Then nobody waits for an answer. Who has said something and then all that it
 * wants to say looks the same but for that, and does wait.
 */
bool client_is_gone(const struct client *client);

/* Is `who` its end of the connection? */
bool client_is_at(const struct client *client, const struct address *who);

/* A probe asks at fd, which is its own from now on, whether it is passed on. It is told as soon as that is known. */
void client_ask(struct client *client, int fd);

/* Tells who has asked, if there is something to tell. Must be called when an attempt at the target was in vain. */
void client_tell(struct client *client);

/* Connects one that is held to its target; it is relayed then. */
void client_connect(struct client *client);

/* Resets its connections, and frees it. */
void client_free(struct client *client);

/* The same for all of the list; if keeps_let_in is true, only those that are held. */
void client_free_all(struct client *list, bool keeps_let_in);

#endif
