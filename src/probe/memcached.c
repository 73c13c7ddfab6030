/*
 * memcached: ready when it tells its version, or asks for a login.
 * https://github.com/memcached/memcached/blob/master/doc/protocol.txt
 */
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

static void memcached_say(const struct target *target, struct buf *out)
{
	(void)target;
	buf_add_text(out, "version\r\n");
}

static bool memcached_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			    struct outcome *outcome)
{
	enum dialog_match version = dialog_begins(heard, "VERSION ");
	enum dialog_match full = dialog_begins(heard, "ERROR Too many open connections");
	enum dialog_match login = dialog_begins(heard, "CLIENT_ERROR unauthenticated");

	(void)target;
	(void)out;
	if (login == DIALOG_YES || (version == DIALOG_YES && memchr(heard->data, '\n', heard->len)))
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else if (full == DIALOG_YES)
		*outcome = outcome_make(OUTCOME_FULL, NULL);
	else if (version == DIALOG_NO && full == DIALOG_NO && login == DIALOG_NO)
		*outcome = outcome_make(OUTCOME_GARBLED, "it does not begin with VERSION");
	return outcome->kind != OUTCOME_NONE; /* else the line is not whole yet */
}

static const struct dialog memcached_dialog = {.say = memcached_say, .judge = memcached_judge};

static const struct protocol memcached_protocol = {
	.dialog = &memcached_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_memcached = {
	.name = "memcached",
	.summary = "memcached answers with its version",
	.example = "memcached://host:11211",
	.default_port = 11211,
	.tls = SCHEME_TLS,
	.claims_port = true,
	.protocol = &memcached_protocol,
};
