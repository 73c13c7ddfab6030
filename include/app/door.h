/* The door to one held target: where the app connects, who waits behind it, and whether the target is ready. */
#ifndef APP_DOOR_H
#define APP_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/client.h"
#include "base/errors.h"
#include "net/held.h"
#include "net/listener.h"
#include "options/options.h"
#include "target/plan.h"
#include "wait/follower.h"
#include "wait/pace.h"
#include "wait/peer.h"

/* Descriptors that a door itself has open: its listeners and its desk. */
enum { DOOR_DESCRIPTORS = LISTENER_ADDRESSES + 1 };

/* What all doors share. */
struct door_shared {
	struct client_pool clients;
	struct pace pace;
	const struct plan *plan;
	bool follows; /* a target that is ready is looked at, so that others learn when it is lost */
	void (*attempted)(void *arg, const struct progress *progress, bool changed); /* before it was ever ready */
	void (*ready)(void *arg, const struct progress *progress);                   /* for the first time */
	void (*lost)(void *arg, const struct progress *progress);                    /* not ready any more */
	/* Ready again, after so many microseconds. */
	void (*back)(void *arg, const struct progress *progress, int64_t after);
	void *arg;
};

struct door {
	struct door_shared *shared;
	struct progress *progress; /* of the present wait */
	struct progress again;     /* of all after the first one, which is reported */
	struct listener listener;
	struct held_desk desk; /* where a probe asks about its connection */
	struct peer_owner owner;
	struct peer peer;
	struct follower_owner follower_owner;
	struct follower follower; /* while the target is ready; zeroed: none */
	struct loop_timer later;  /* until the target is looked at again */
	struct client *clients;   /* list */
	struct client_owner clients_owner;
	bool seeks; /* the target is waited for */
	bool is_ready;
	int64_t doubted; /* when it left a client last, as one does that is going down; clock_now() time; 0: it did not */
	bool was_ready; /* once at least */
	int64_t lost;   /* clock_now() time; 0: it was not, or it is back */
};

/* Listens for progress->target at the port, as listener_open does. Returns -1 with err. */
int door_open(struct door *door, struct door_shared *shared, struct progress *progress, uint16_t port, bool any,
	      struct error *err);
void door_close(struct door *door);

/* Begins to wait for the target, if that has not begun and the target is not ready. */
void door_seek(struct door *door);

/* Accepts connections again if there is room. */
void door_admit(struct door *door);

/* Accepts who has come so far, and no more. Who is held then is reset; who was let in goes on. */
void door_shut(struct door *door);

#endif
