/*
 * Cassandra, and what speaks like it: ready when it answers OPTIONS, which comes before a login; with a password: when it lets
 * the user in.
 * https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, 2, 4.1.1 to 4.1.3, 4.2 and 9.
 */
#include <string.h>

#include "attempt/dialog.h"
#include "base/number.h"
#include "target/scheme.h"

/* A frame is a head (direction and version, flags, 2 bytes of a stream, opcode, 4 bytes of a length) and a body. */
enum {
	CASSANDRA_HEAD = 9,
	CASSANDRA_VERSION = 4, /* of Cassandra 2.2 to 5, and of ScyllaDB */
	CASSANDRA_ANSWER = 0x80,
	CASSANDRA_ERROR = 0,
	CASSANDRA_STARTUP = 1,
	CASSANDRA_READY = 2, /* to STARTUP: no login is wanted */
	CASSANDRA_AUTHENTICATE = 3,
	CASSANDRA_OPTIONS = 5,
	CASSANDRA_SUPPORTED = 6,
	CASSANDRA_AUTH_CHALLENGE = 0x0e,
	CASSANDRA_AUTH_RESPONSE = 0x0f,
	CASSANDRA_AUTH_SUCCESS = 0x10
};

/* Codes of an error. */
enum { CASSANDRA_WRONG_VERSION = 0x0a, CASSANDRA_WRONG_LOGIN = 0x100 };

static void cassandra_add(struct buf *out, unsigned char opcode, const char *body, size_t len)
{
	number_add(out, CASSANDRA_VERSION, 1);
	number_add(out, 0, 3);
	number_add(out, opcode, 1);
	number_add(out, (uint32_t)len, 4);
	buf_add(out, body, len);
}

static void cassandra_say(const struct target *target, struct buf *out)
{
	(void)target;
	cassandra_add(out, CASSANDRA_OPTIONS, "", 0);
}

/* A list of one text and its value. 3.0.0 is known by all. */
static void cassandra_say_startup(struct buf *out)
{
	static const char body[] = "\0\1\0\x0b"
				   "CQL_VERSION"
				   "\0\5"
				   "3.0.0";

	cassandra_add(out, CASSANDRA_STARTUP, body, sizeof(body) - 1);
}

/* PasswordAuthenticator takes PLAIN (RFC 4616), as bytes with their length. "cassandra" is the user of a new server. */
static void cassandra_say_login(const struct target *target, struct buf *out)
{
	const char *user = target_has_user(target) ? target->user : "cassandra";
	struct buf body = {0};

	number_add(&body, (uint32_t)(2 + strlen(user) + strlen(target->password)), 4);
	number_add(&body, 0, 1);
	buf_add(&body, user, strlen(user) + 1);
	buf_add_text(&body, target->password);
	cassandra_add(out, CASSANDRA_AUTH_RESPONSE, body.data, body.len);
	buf_release(&body);
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
	size_t len = size < 6 ? 0 : number_read(body + 4, 2);
	uint32_t code = size < 6 ? 0 : number_read(body, 4);
	enum outcome_kind kind = code == CASSANDRA_WRONG_VERSION ? OUTCOME_UNSUITABLE
				 : code == CASSANDRA_WRONG_LOGIN ? OUTCOME_DENIED
								 : OUTCOME_STARTING;

	if (size < 6 + len)
		return outcome_make(OUTCOME_GARBLED, "its error is cut");
	return dialog_quote(target, kind, (const char *)body + 6, len);
}

/* Goes on after an answer that is no error: SUPPORTED, then READY or AUTHENTICATE, then AUTH_SUCCESS. */
static void cassandra_go_on(const struct target *target, unsigned char opcode, struct buf *out, struct outcome *outcome)
{
	if (opcode == CASSANDRA_SUPPORTED && target_has_password(target))
		cassandra_say_startup(out);
	else if (opcode == CASSANDRA_AUTHENTICATE)
		cassandra_say_login(target, out);
	else if (opcode == CASSANDRA_AUTH_CHALLENGE)
		*outcome = outcome_make(OUTCOME_UNSUITABLE, "the server wants more for a login than a password");
	else
		*outcome = outcome_make(OUTCOME_READY, NULL);
}

static bool cassandra_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			    struct outcome *outcome)
{
	static const unsigned char answers[][2] = {{CASSANDRA_SUPPORTED, CASSANDRA_SUPPORTED},
						   {CASSANDRA_READY, CASSANDRA_AUTHENTICATE},
						   {CASSANDRA_AUTH_SUCCESS, CASSANDRA_AUTH_CHALLENGE}};
	static const char *const questions[] = {"OPTIONS", "STARTUP", "AUTH_RESPONSE"};
	const unsigned char *head = (const unsigned char *)heard->data, *hoped = answers[heard->turn - 1];
	size_t size = heard->len < CASSANDRA_HEAD ? 0 : number_read(head + 5, 4);

	if (heard->len && head[0] != (CASSANDRA_ANSWER | CASSANDRA_VERSION))
		*outcome = cassandra_read_version(head[0]);
	else if (heard->len > 4 && head[4] != hoped[0] && head[4] != hoped[1] && head[4] != CASSANDRA_ERROR)
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no answer to %s", questions[heard->turn - 1]);
	else if (heard->len < CASSANDRA_HEAD || heard->len - CASSANDRA_HEAD < size)
		return false;
	else if (head[4] == CASSANDRA_ERROR)
		*outcome = cassandra_read_error(target, head + CASSANDRA_HEAD, size);
	else
		cassandra_go_on(target, head[4], out, outcome);
	return outcome->kind != OUTCOME_NONE;
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
	.summary = "Cassandra answers OPTIONS, with a password: lets the user in",
	.example = "cassandra://host:9042",
	.default_port = 9042,
	.tls = SCHEME_TLS,
	.takes_credentials = true,
	.protocol = &cassandra_protocol,
};
