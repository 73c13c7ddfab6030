#include "app/door.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/address.h"

/* A target that refused a connection though it was ready is looked at again so much later. */
#define DOOR_LATER (100 * CLOCK_MS)
/*
 * How long a target is believed to be ready that may be going down: a server that shuts down, or starts, accepts connections and
 * refuses each. And one whose place may change: a registry, a Sentinel or one of several hosts named it.
 */
#define DOOR_BELIEVED (1 * CLOCK_S)

/* Is what is known of the target still good for a new connection? */
static bool door_is_believed(const struct door *door)
{
	const struct target *target = door->progress->target;
	bool is_in_one_place = !target->is_elsewhere && target->endpoint_count == 1;
	int64_t known = door->progress->finished;

	if (!door->is_ready)
		return false;
	if (known < door->follower.found)
		known = door->follower.found;
	return (is_in_one_place && door->doubted <= known) || clock_now() - known < DOOR_BELIEVED;
}

static void door_on_accepted(void *arg, int fd)
{
	struct door *door = arg;
	struct client *client = client_add(&door->clients, &door->clients_owner, fd);

	if (door_is_believed(door)) {
		client_connect(client);
		return;
	}
	door->is_ready = false;
	door_seek(door);
}

/* Its connection may be about to be accepted: the kernel tells of both in any order. */
static void door_on_asked(void *arg, const struct address *who, int fd)
{
	struct door *door = arg;

	listener_take(&door->listener);
	for (struct client *client = door->clients; client; client = client->next) {
		if (client_is_at(client, who)) {
			client_ask(client, fd);
			return;
		}
	}
	if (listener_is_full(&door->listener))
		held_answer(fd, OUTCOME_FULL);
	else
		close(fd); /* it has ended, or somebody else listens at another address with this port */
}

static void door_on_lost(void *arg)
{
	struct door *door = arg;

	door->is_ready = false;
	follower_close(&door->follower); /* a look that has begun before would tell the past */
	door_seek(door);
}

static void door_on_left(void *arg)
{
	struct door *door = arg;

	door->doubted = clock_now();
}

static void door_on_starved(void *arg)
{
	struct door *door = arg;

	loop_timer_set(&door->later, DOOR_LATER);
}

/* Begins the wait anew. What was found last is shown until there is something newer. */
static void door_renew(struct progress *progress, int64_t now)
{
	const struct progress last = *progress;

	progress_init(progress, last.target, now);
	progress->outcome = last.outcome;
	progress->place = last.place;
}

/* Begins the wait for the target. */
static void door_begin(struct door *door)
{
	int64_t now = clock_now();

	follower_close(&door->follower);
	if (door->was_ready)
		door_renew(door->progress, now);
	peer_open(&door->peer, &door->owner, door->progress, now);
	door->owner.wants(door, &door->peer);
}

/* A target that was ready before: its connections are held again. */
static void door_tell_lost(struct door *door)
{
	if (!door->was_ready || door->lost)
		return;
	door->lost = clock_now();
	door->shared->lost(door->shared->arg, door->progress);
}

void door_seek(struct door *door)
{
	if (door->seeks || door->is_ready)
		return;
	door->seeks = true;
	peer_close(&door->peer); /* of the wait before */
	if (door->was_ready && door->progress->outcome.kind != OUTCOME_READY) {
		door_tell_lost(door);
		loop_timer_set(&door->later, DOOR_LATER);
	} else {
		door_begin(door);
	}
}

/* A look, and the one after it, did not find the target ready. */
static void door_on_follower_lost(void *arg, struct follower *follower)
{
	struct door *door = arg;

	door->progress->outcome = follower->last.outcome;
	door->is_ready = false;
	door_seek(door); /* the follower is closed later: its own attempt has called this */
}

static void door_on_follower_back(void *arg, struct follower *follower, int64_t after)
{
	(void)arg; /* what was lost is sought, and that finds it */
	(void)follower;
	(void)after;
}

static void door_on_follower_moved(void *arg, struct follower *follower, const struct place *from)
{
	(void)arg; /* each connection is looked up anew */
	(void)follower;
	(void)from;
}

static void door_on_wants(void *arg, struct peer *peer)
{
	(void)arg;
	if (!peer_try(peer))
		loop_timer_set(&peer->pause, DOOR_LATER);
}

static void door_connect_all(struct door *door)
{
	for (struct client *client = door->clients, *next; client && door->is_ready; client = next) {
		next = client->next;
		if (client->state != CLIENT_HELD)
			continue;
		if (client_is_gone(client))
			client_free(client);
		else
			client_connect(client);
	}
}

static void door_tell_ready(struct door *door)
{
	const struct progress *reported = door->progress;
	bool is_first = !door->was_ready;
	int64_t lost = door->lost;

	if (is_first) { /* what was reported stays as it is */
		door->again = *door->progress;
		door->progress = door->clients_owner.progress = &door->again;
	}
	door->was_ready = true;
	door->lost = 0;
	if (is_first)
		door->shared->ready(door->shared->arg, reported);
	else if (lost)
		door->shared->back(door->shared->arg, door->progress, clock_now() - lost);
}

/* Has the last attempt shown that? One that is ready may only have too few in a row, and our own lack tells nothing. */
static bool door_is_not_ready(const struct door *door)
{
	enum outcome_kind kind = door->progress->outcome.kind;

	return kind != OUTCOME_READY && kind != OUTCOME_LOCAL;
}

static void door_on_attempted(void *arg, struct peer *peer, bool changed)
{
	struct door *door = arg;

	if (peer->progress->state != PROGRESS_DONE) {
		if (!door->was_ready)
			door->shared->attempted(door->shared->arg, peer->progress, changed);
		if (door_is_not_ready(door)) {
			door_tell_lost(door);
			for (struct client *client = door->clients; client; client = client->next)
				client_tell(client);
		}
		return;
	}
	door->seeks = false;
	door->is_ready = true;
	door_tell_ready(door);
	loop_timer_set(&door->later, 0); /* not here: the peer's own attempt has called this */
}

/* After the wait: frees what it needed, and lets the clients in. Before it: begins it. Else a client was starved meanwhile. */
static void door_on_timer(void *arg)
{
	struct door *door = arg;

	if (door->is_ready) {
		peer_close(&door->peer);
		if (door->shared->follows && !door->follower.attempt)
			follower_open(&door->follower, &door->follower_owner, door->progress);
		door_connect_all(door);
	} else if (door->seeks && !door->peer.attempt) {
		door_begin(door);
	}
}

int door_open(struct door *door, struct door_shared *shared, struct progress *progress, uint16_t port, bool any,
	      struct error *err)
{
	const struct target *target = progress->target;
	struct loop *loop = shared->clients.runners.session->loop;

	door->shared = shared;
	door->progress = progress;
	door->owner = (struct peer_owner){.pool = &shared->clients.runners,
					  .plan = shared->plan,
					  .pace = &shared->pace,
					  .wants = door_on_wants,
					  .attempted = door_on_attempted, /* and none expires: hold_settle */
					  .arg = door};
	door->follower_owner = (struct follower_owner){.pool = &shared->clients.runners,
						       .pace = &shared->pace,
						       .lost = door_on_follower_lost,
						       .back = door_on_follower_back,
						       .moved = door_on_follower_moved,
						       .arg = door};
	door->clients_owner = (struct client_owner){.pool = &shared->clients,
						    .progress = progress,
						    .lost = door_on_lost,
						    .left = door_on_left,
						    .starved = door_on_starved,
						    .arg = door};
	loop_timer_init(loop, &door->later, door_on_timer, door);
	if (listener_open(&door->listener, loop, port, any, door_on_accepted, door, err))
		return -1;
	if (held_desk_open(&door->desk, loop, door->listener.port, door_on_asked, door))
		log_line(shared->clients.log, LOG_LEVEL_NORMAL,
			 "%s: waitfor --once %u will find this process and not the service: @waitfor/held/%u: %s",
			 target->text, (unsigned)door->listener.port, (unsigned)door->listener.port, strerror(errno));
	log_line(shared->clients.log, LOG_LEVEL_NORMAL, "%s: held at 127.0.0.1:%u", target->text,
		 (unsigned)door->listener.port);
	return 0;
}

void door_close(struct door *door)
{
	listener_close(&door->listener);
	held_desk_close(&door->desk);
	loop_timer_clear(&door->later);
	client_free_all(door->clients, false);
	follower_close(&door->follower);
	peer_close(&door->peer);
}

void door_admit(struct door *door)
{
	listener_pause(&door->listener, door->shared->clients.room == 0);
}

void door_shut(struct door *door)
{
	listener_take(&door->listener); /* the app may have ended at once */
	listener_close(&door->listener);
	held_desk_close(&door->desk);
	client_free_all(door->clients, true);
	follower_close(&door->follower);
	peer_close(&door->peer);
	loop_timer_clear(&door->later); /* nobody is let in any more, so nothing is looked at */
}
