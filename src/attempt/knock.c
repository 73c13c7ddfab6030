#include "attempt/knock.h"

#include <errno.h>

static void knock_fail(struct knock *knock, const struct outcome *outcome)
{
	knock_stop(knock);
	knock->failed(knock->arg, outcome);
}

static void knock_on_settled(void *arg)
{
	struct knock *knock = arg;

	knock_stop(knock);
	knock->open(knock->arg);
}

/* Hung up on, or the peer speaks first, which is none of our business here. */
static void knock_on_readable(void *arg)
{
	struct knock *knock = arg;
	struct outcome outcome;
	char byte;
	ssize_t got = stream_read(&knock->stream, &byte, 1);

	if (got < 0 && errno == EAGAIN)
		return;
	outcome = outcome_make(got < 0 ? OUTCOME_RESET : OUTCOME_CLOSED, NULL);
	if (got > 0)
		loop_watch_clear(&knock->stream.watch); /* the settling goes on; stream_close drains */
	else
		knock_fail(knock, &outcome);
}

static void knock_on_connected(void *arg)
{
	struct knock *knock = arg;

	loop_timer_set(&knock->settle, knock->patience);
	stream_watch(&knock->stream, knock_on_readable);
}

static void knock_on_failed(void *arg, const struct outcome *outcome)
{
	knock_fail(arg, outcome);
}

void knock_init(struct knock *knock)
{
	*knock = (struct knock){.stream = {.fd = -1}};
}

struct outcome knock_start(struct knock *knock, struct loop *loop, const struct address *address, int64_t patience,
			   void (*open)(void *arg), void (*failed)(void *arg, const struct outcome *outcome), void *arg)
{
	knock->patience = patience;
	knock->open = open;
	knock->failed = failed;
	knock->arg = arg;
	loop_timer_init(loop, &knock->settle, knock_on_settled, knock);
	return stream_connect(&knock->stream, loop, address, knock_on_connected, knock_on_failed, knock);
}

void knock_stop(struct knock *knock)
{
	loop_timer_clear(&knock->settle);
	stream_close(&knock->stream);
}
