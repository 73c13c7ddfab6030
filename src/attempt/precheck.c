#include "attempt/precheck.h"

#include <errno.h>

static void precheck_fail(struct precheck *precheck, const struct outcome *outcome)
{
	precheck_stop(precheck);
	precheck->failed(precheck->arg, outcome);
}

static void precheck_on_stayed(void *arg)
{
	struct precheck *precheck = arg;

	precheck_stop(precheck);
	precheck->open(precheck->arg);
}

/* The peer closed the connection, or it sent something. What it sends does not matter here. */
static void precheck_on_readable(void *arg)
{
	struct precheck *precheck = arg;
	struct outcome outcome;
	char byte;
	ssize_t got = stream_read(&precheck->stream, &byte, 1);

	if (got < 0 && errno == EAGAIN)
		return;
	outcome = outcome_make(got < 0 ? OUTCOME_RESET : OUTCOME_CLOSED, NULL);
	if (got > 0)
		loop_watch_clear(&precheck->stream.watch); /* the timer goes on; stream_close reads the rest */
	else
		precheck_fail(precheck, &outcome);
}

static void precheck_on_connected(void *arg)
{
	struct precheck *precheck = arg;

	loop_timer_set(&precheck->stay, precheck->patience);
	stream_watch(&precheck->stream, precheck_on_readable);
}

static void precheck_on_failed(void *arg, const struct outcome *outcome)
{
	precheck_fail(arg, outcome);
}

void precheck_init(struct precheck *precheck)
{
	*precheck = (struct precheck){.stream = {.fd = -1}};
}

struct outcome precheck_start(struct precheck *precheck, struct loop *loop, struct sockets *sockets,
			      const struct address *address, int64_t patience, void (*open)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg)
{
	precheck->patience = patience;
	precheck->open = open;
	precheck->failed = failed;
	precheck->arg = arg;
	loop_timer_init(loop, &precheck->stay, precheck_on_stayed, precheck);
	return stream_connect(&precheck->stream, loop, sockets, address, precheck_on_connected, precheck_on_failed,
			      precheck);
}

void precheck_stop(struct precheck *precheck)
{
	loop_timer_clear(&precheck->stay);
	stream_close(&precheck->stream);
}
