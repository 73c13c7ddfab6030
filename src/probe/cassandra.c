/*
 * Cassandra, and what speaks like it: ready when it answers OPTIONS, which comes before a login.
 * https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, 2, 4.1.3, 4.2.1, 4.2.4 and 9.
 */
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* A frame is a head (direction and version, flags, 2 bytes of a stream, opcode, 4 bytes of a length) and a body. */
enum {
	CASSANDRA_HEAD = 9,
	CASSANDRA_VERSION = 4, /* of Cassandra 2.2 to 5, and of ScyllaDB */
	CASSANDRA_ANSWER = 0x80,
	CASSANDRA_ERROR = 0,
	CASSANDRA_OPTIONS = 5,
	CASSANDRA_SUPPORTED = 6,
	CASSANDRA_WRONG_VERSION = 0x0a /* a code of an error */
};

static void cassandra_say(const struct target *target, struct buf *out)
{
	static const char options[CASSANDRA_HEAD] = {CASSANDRA_VERSION, [4] = CASSANDRA_OPTIONS};

	(void)target;
	buf_add(out, options, sizeof(options));
}

static size_t cassandra_number(const unsigned char *bytes, size_t count)
{
	size_t number = 0;

	while (count--)
		number = number << 8 | *bytes++;
	return number;
}

/* A server that does not know our version answers in one of its own. */
static struct outcome cassandra_read_version(unsigned char first)
{
	unsigned version = first & ~(unsigned)CASSANDRA_ANSWER;

	if (first < CASSANDRA_ANSWER || version < 1 || version > 6)
		return outcome_make(OUTCOME_GARBLED, "it is no answer of Cassandra");
	return outcome_make(OUTCOME_UNSUITABLE, "the server does not speak version 4 of its protocol, but %u", version);
}

/* An error has a code, and a text with its length in 2 bytes: overloaded, bootstrapping and others. */
static struct outcome cassandra_read_error(const struct target *target, const unsigned char *body, size_t size)
{
	size_t len = size < 6 ? 0 : cassandra_number(body + 4, 2);
	bool wrong_version = size >= 6 && cassandra_number(body, 4) == CASSANDRA_WRONG_VERSION;

	if (size < 6 + len)
		return outcome_make(OUTCOME_GARBLED, "its error is cut");
	return dialog_quote(target, wrong_version ? OUTCOME_UNSUITABLE : OUTCOME_STARTING, (const char *)body + 6, len);
}

static bool cassandra_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			    struct outcome *outcome)
{
	const unsigned char *head = (const unsigned char *)heard->data;
	size_t size = heard->len < CASSANDRA_HEAD ? 0 : cassandra_number(head + 5, 4);

	(void)out;
	if (heard->len && head[0] != (CASSANDRA_ANSWER | CASSANDRA_VERSION))
		*outcome = cassandra_read_version(head[0]);
	else if (heard->len > 4 && head[4] != CASSANDRA_SUPPORTED && head[4] != CASSANDRA_ERROR)
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no answer to OPTIONS");
	else if (heard->len < CASSANDRA_HEAD || heard->len - CASSANDRA_HEAD < size)
		return false;
	else if (head[4] == CASSANDRA_SUPPORTED)
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else
		*outcome = cassandra_read_error(target, head + CASSANDRA_HEAD, size);
	return true;
}

static const struct dialog cassandra_dialog = {.say = cassandra_say, .judge = cassandra_judge};

static const struct protocol cassandra_protocol = {
	.dialog = &cassandra_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const cassandra_others[] = {"scylla", "scylladb", NULL};

const struct scheme scheme_cassandra = {
	.name = "cassandra",
	.others = cassandra_others,
	.summary = "Cassandra answers OPTIONS; no login",
	.example = "cassandra://host:9042",
	.default_port = 9042,
	.protocol = &cassandra_protocol,
};
