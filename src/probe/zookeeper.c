/*
 * ZooKeeper: ready when it grants a session and ends it again. That needs a quorum, and no leave, as the four-letter words
 * do. zookeeper.jute of ZooKeeper 3.8: ConnectRequest, ConnectResponse, RequestHeader, ReplyHeader. FACTS 68.
 */
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* A message is its length, and numbers, the highest byte first. */
enum {
	ZOOKEEPER_LENGTH = 4,
	ZOOKEEPER_GRANT = 36, /* version, timeout, session, password; since 3.4 one more, whether it takes no changes */
	ZOOKEEPER_HEAD = 8,   /* the length and the version of a grant */
	ZOOKEEPER_ENDED = 20  /* the length, our number, a transaction, an error */
};

/* Asks for a session that ends after 4 s if nobody ends it, and only where there is a quorum. */
static void zookeeper_say(const struct target *target, struct buf *out)
{
	static const char timeout[] = {0, 0, 0x0f, (char)0xa0}, password[] = {0, 0, 0, 16};
	char hello[49] = {0, 0, 0, 45};

	(void)target;
	memcpy(hello + 16, timeout, sizeof(timeout));
	memcpy(hello + 28, password, sizeof(password));
	buf_add(out, hello, sizeof(hello));
}

/* The first request is closeSession (ZooDefs.java). */
static void zookeeper_say_end(struct buf *out)
{
	static const char end[] = {0, 0, 0, 8, 0, 0, 0, 1, -1, -1, -1, -11};

	buf_add(out, end, sizeof(end));
}

static bool zookeeper_is_zero(const char *bytes, size_t len)
{
	while (len && !*bytes) {
		bytes++;
		len--;
	}
	return !len;
}

/* A length of 36 or 37, and the version 0. */
static bool zookeeper_may_grant(const struct dialog_heard *heard)
{
	for (size_t i = 0; i < heard->len && i < ZOOKEEPER_HEAD; i++) {
		int odd = i == 3 ? heard->data[i] - ZOOKEEPER_GRANT : heard->data[i];

		if (odd != 0 && (i != 3 || odd != 1))
			return false;
	}
	return true;
}

/*
 * The server closes the connection when it has ended the session. It would log a warning if we closed first. One that has no
 * quorum, or no room for another client, closes without a word.
 */
static bool zookeeper_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			    struct outcome *outcome)
{
	(void)target;
	if (heard->turn > 1) {
		if (heard->eof && heard->len >= ZOOKEEPER_ENDED)
			*outcome = outcome_make(OUTCOME_READY, NULL);
	} else if (!zookeeper_may_grant(heard)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no answer of ZooKeeper");
	} else if (heard->len >= ZOOKEEPER_HEAD && heard->len >= ZOOKEEPER_LENGTH + (size_t)heard->data[3]) {
		if (zookeeper_is_zero(heard->data + 8, 4) || zookeeper_is_zero(heard->data + 12, 8))
			*outcome = outcome_make(OUTCOME_STARTING, "the server grants no session");
		else
			zookeeper_say_end(out);
	}
	return outcome->kind != OUTCOME_NONE;
}

static const struct dialog zookeeper_dialog = {.say = zookeeper_say, .judge = zookeeper_judge};

static const struct protocol zookeeper_protocol = {
	.dialog = &zookeeper_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_zookeeper = {
	.name = "zookeeper",
	.alias = "zk",
	.summary = "ZooKeeper grants a session, which needs a quorum",
	.example = "zookeeper://host:2181",
	.default_port = 2181,
	.tls = SCHEME_TLS,
	.protocol = &zookeeper_protocol,
};
