#include "app/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"

void client_free(struct client *client)
{
	struct client_pool *pool = client->owner->pool;

	if (client->state != CLIENT_HELD)
		pool->let_in--;
	loop_watch_clear(&client->gone);
	loop_timer_clear(&client->expiry);
	connector_close(&client->connector);
	relay_close(&client->relay);
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
		 outcome_info(client->owner->progress->outcome.kind)->text);
	client_free(client);
}

bool client_is_gone(const struct client *client)
{
	char byte;
	ssize_t got = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void client_on_gone(void *arg, bool readable, bool writable)
{
	struct client *client = arg;

	(void)readable;
	(void)writable;
	loop_watch_clear(&client->gone);
	if (client_is_gone(client))
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

static void client_on_connected(void *arg, int fd, const struct outcome *outcome)
{
	struct client *client = arg;
	const struct client_owner *owner = client->owner;
	int own = client->fd;

	connector_close(&client->connector);
	free(client->host);
	client->host = NULL;
	if (fd < 0) {
		client->state = CLIENT_HELD;
		owner->pool->let_in--;
		owner->progress->outcome = *outcome;
		owner->lost(owner->arg);
		return;
	}
	client->state = CLIENT_RELAYED;
	client->fd = -1;
	loop_watch_clear(&client->gone);
	loop_timer_clear(&client->expiry);
	relay_open(&client->relay, owner->pool->runners.session->loop, own, fd, client_on_left, client_on_end, client);
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
	owner->pool->let_in++;
	connector_open(&client->connector, &owner->pool->runners, owner->progress->target, &place, client_on_connected,
		       client);
}

void client_hold(struct client *client)
{
	loop_watch_end(client->owner->pool->runners.session->loop, &client->gone, client->fd);
}

struct client *client_add(struct client **list, const struct client_owner *owner, int fd)
{
	struct client *client = alloc_zero(1, sizeof(*client));
	struct client_pool *pool = owner->pool;

	client->owner = owner;
	client->fd = fd;
	client->next = *list;
	client->link = list;
	if (client->next)
		client->next->link = &client->next;
	*list = client;
	client->gone = (struct loop_watch){.ready = client_on_gone, .arg = client};
	loop_timer_init(pool->runners.session->loop, &client->expiry, client_on_expiry, client);
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
