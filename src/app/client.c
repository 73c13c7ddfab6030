#include "app/client.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/held.h"

static void client_answer(struct client *client, enum outcome_kind kind)
{
	held_answer(client->asker, kind);
	client->asker = -1;
}

void client_tell(struct client *client)
{
	enum outcome_kind found = client->owner->progress->outcome.kind;

	if (client->asker < 0)
		return;
	if (client->state == CLIENT_RELAYED)
		client_answer(client, OUTCOME_READY);
	else if (client->state == CLIENT_HELD && found != OUTCOME_NONE && found != OUTCOME_READY)
		client_answer(client, found);
}

void client_ask(struct client *client, int fd)
{
	if (client->asker >= 0) {
		close(fd); /* a connection has one end, so one who asks about it */
		return;
	}
	client->asker = fd;
	client_tell(client);
}

bool client_is_at(const struct client *client, const struct address *who)
{
	struct address end = {0};

	end.length = sizeof(end.v6);
	return getpeername(client->state == CLIENT_RELAYED ? client->relay.sides[0].fd : client->fd, &end.any,
			   &end.length) == 0 &&
	       address_is_equal(&end, who);
}

void client_free(struct client *client)
{
	struct client_pool *pool = client->owner->pool;

	if (client->state != CLIENT_HELD)
		pool->let_in--;
	loop_watch_clear(&client->gone);
	loop_timer_clear(&client->expiry);
	connector_close(&client->connector);
	relay_close(&client->relay);
	if (client->asker >= 0)
		close(client->asker);
	if (client->fd >= 0)
		relay_reset(client->fd);
	free(client->host);
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	free(client);
	pool->room++;
	pool->room_changed(pool->arg);
}

static void client_on_left(void *arg)
{
	struct client *client = arg;

	client->owner->left(client->owner->arg);
}

static void client_on_end(void *arg)
{
	client_free(arg);
}

static void client_on_expiry(void *arg)
{
	struct client *client = arg;
	char took[32];

	log_line(client->owner->pool->log, LOG_LEVEL_NORMAL, "%s: closing a connection that was held %s: %s",
		 client->owner->progress->target->text, clock_format(client->owner->pool->timeout, took, sizeof(took)),
		 client->state == CLIENT_CONNECTS ? "not connected in time"
						  : outcome_info(client->owner->progress->outcome.kind)->text);
	client_free(client);
}

/* Is the connection reset, or closed in both directions? */
static bool client_is_broken(const struct client *client)
{
	struct pollfd now = {.fd = client->fd};

	return poll(&now, 1, 0) > 0 && now.revents & (POLLERR | POLLHUP);
}

bool client_is_gone(const struct client *client)
{
	char byte;

	return client_is_broken(client) || recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void client_on_gone(void *arg, bool readable, bool writable)
{
	struct client *client = arg;

	(void)readable;
	(void)writable;
	if (client->state == CLIENT_HELD ? client_is_gone(client) : client_is_broken(client))
		client_free(client);
}

/* Where a new connection goes: to the endpoint of the target, which is looked up again, or to the place that was found. */
static struct endpoint client_place(struct client *client)
{
	const struct progress *progress = client->owner->progress;
	const struct target *target = progress->target;
	struct endpoint place = target->endpoints[0];

	if (target->is_elsewhere || target->endpoint_count > 1) {
		client->host = alloc_text(progress->place.host); /* the next look at the target overwrites it */
		place = (struct endpoint){.host = client->host, .port = progress->place.port};
	}
	return place;
}

/* Does the connection lead to waitfor itself, which listens where it looks for the target? */
static bool client_is_own(const struct client *client, int fd)
{
	const struct client_pool *pool = client->owner->pool;
	struct address peer = {0};
	socklen_t length = sizeof(peer.v6);

	return getpeername(fd, &peer.any, &length) == 0 && address_is_loopback(&peer) &&
	       pool->is_own(pool->arg, address_port(&peer));
}

/* It could not be connected, and is held again. */
static void client_hold_again(struct client *client, const struct outcome *outcome)
{
	const struct client_owner *owner = client->owner;

	client->state = CLIENT_HELD;
	owner->pool->let_in--;
	/* A lack of descriptors, most likely, or of before the target was ready again: that says nothing about it now. */
	if (outcome->kind == OUTCOME_LOCAL || client->began < owner->progress->finished) {
		owner->starved(owner->arg);
		return;
	}
	owner->progress->outcome = *outcome;
	client_tell(client);
	owner->lost(owner->arg);
}

static void client_on_connected(void *arg, int fd, const struct outcome *outcome)
{
	const struct outcome own = outcome_make(OUTCOME_REFUSED, NULL);
	struct client *client = arg;
	bool is_own = fd >= 0 && client_is_own(client, fd);
	int from = client->fd;

	connector_close(&client->connector);
	free(client->host);
	client->host = NULL;
	if (is_own)
		close(fd);
	if (fd < 0 || is_own) {
		client_hold_again(client, is_own ? &own : outcome);
		return;
	}
	client->state = CLIENT_RELAYED;
	client->fd = -1;
	loop_watch_clear(&client->gone);
	loop_timer_clear(&client->expiry);
	relay_open(&client->relay, client->owner->pool->runners.session->loop, from, fd, client_on_left, client_on_end,
		   client);
	client_tell(client);
}

void client_connect(struct client *client)
{
	const struct client_owner *owner = client->owner;
	struct endpoint place;

	if (!session_take_socket(owner->pool->runners.session)) {
		owner->starved(owner->arg);
		return;
	}
	place = client_place(client);
	client->state = CLIENT_CONNECTS;
	client->began = clock_now();
	owner->pool->let_in++;
	connector_open(&client->connector, &owner->pool->runners, owner->progress->target, &place, client_on_connected,
		       client);
}

struct client *client_add(struct client **list, const struct client_owner *owner, int fd)
{
	struct client *client = alloc_zero(1, sizeof(*client));
	struct client_pool *pool = owner->pool;
	struct loop *loop = pool->runners.session->loop;

	while (*list) /* who waits longest comes first */
		list = &(*list)->next;
	client->owner = owner;
	client->fd = fd;
	client->asker = -1;
	client->link = list;
	*list = client;
	client->gone = (struct loop_watch){.ready = client_on_gone, .arg = client};
	loop_watch_changes(loop, &client->gone, fd);
	loop_timer_init(loop, &client->expiry, client_on_expiry, client);
	if (pool->timeout)
		loop_timer_set(&client->expiry, pool->timeout);
	pool->room--;
	pool->room_changed(pool->arg);
	return client;
}

void client_free_all(struct client *list, bool keeps_let_in)
{
	for (struct client *client = list, *next; client; client = next) {
		next = client->next;
		if (!keeps_let_in || client->state == CLIENT_HELD)
			client_free(client);
	}
}
