#include "probe/postgres/pgstartup.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "probe/postgres/pganswer.h"

enum { PGSTARTUP_VERSION = 3 << 16, PGSTARTUP_HEAD = 5, PGSTARTUP_STATE_LEN = 5, PGSTARTUP_MESSAGE_MAX = 1024 };

static void pgstartup_add_number(char *out, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(number >> (24 - 8 * i));
}

size_t pgstartup_message(const char *user, const char *database, char *out, size_t size)
{
	const char *const words[] = {"user", user, "database", database && *database ? database : user};
	size_t len = 8;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t word_len = strlen(words[i]) + 1;

		if (len + word_len + 1 > size)
			return 0;
		memcpy(out + len, words[i], word_len);
		len += word_len;
	}
	out[len++] = '\0';
	pgstartup_add_number(out, (uint32_t)len);
	pgstartup_add_number(out + 4, PGSTARTUP_VERSION);
	return len;
}

/* Returns the field of an ErrorResponse with this type, or "" if there is none. fields ends with a NUL. */
static const char *pgstartup_field(const char *fields, const char *end, char type)
{
	while (fields < end && *fields) {
		if (*fields == type)
			return fields + 1;
		fields += strlen(fields) + 1;
	}
	return "";
}

struct outcome pgstartup_judge(const char *reply, size_t len)
{
	const char *state, *end;
	size_t length;

	if (!len)
		return outcome_make(OUTCOME_NONE, NULL);
	if (reply[0] != 'E')
		return outcome_make(OUTCOME_READY, NULL);
	if (len < PGSTARTUP_HEAD)
		return outcome_make(OUTCOME_NONE, NULL);
	length = 1 + pganswer_length((const unsigned char *)reply);
	if (length > PGSTARTUP_REPLY_MAX || length <= PGSTARTUP_HEAD)
		return outcome_make(OUTCOME_READY, NULL);
	if (len < length)
		return outcome_make(OUTCOME_NONE, NULL);
	end = reply + length - 1;
	if (*end)
		return outcome_make(OUTCOME_READY, NULL);
	state = pgstartup_field(reply + PGSTARTUP_HEAD, end, 'C');
	if (strlen(state) != PGSTARTUP_STATE_LEN || pganswer_of_state(state, PGANSWER_PING) != OUTCOME_STARTING)
		return outcome_make(OUTCOME_READY, NULL);
	return outcome_make(OUTCOME_STARTING, "%s: %.*s", state,
			    (int)strcspn(pgstartup_field(reply + PGSTARTUP_HEAD, end, 'M'), "\n"),
			    pgstartup_field(reply + PGSTARTUP_HEAD, end, 'M'));
}

static void pgstartup_end(struct pgstartup *startup, const struct outcome *outcome)
{
	pgstartup_stop(startup);
	if (outcome->kind == OUTCOME_READY)
		startup->other(startup->probe);
	else
		probe_finish(startup->probe, outcome);
}

static void pgstartup_on_readable(void *arg)
{
	struct pgstartup *startup = arg;
	ssize_t got = stream_read(&startup->stream, startup->reply + startup->len, PGSTARTUP_REPLY_MAX - startup->len);
	struct outcome outcome;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got > 0) {
		startup->len += (size_t)got;
		outcome = pgstartup_judge(startup->reply, startup->len);
		if (outcome.kind == OUTCOME_NONE && startup->len < PGSTARTUP_REPLY_MAX)
			return;
	} else {
		outcome = outcome_make(OUTCOME_READY, NULL); /* closed without a word: libpq finds out more */
	}
	pgstartup_end(startup, &outcome);
}

static void pgstartup_on_connected(void *arg)
{
	struct pgstartup *startup = arg;
	const struct outcome unsent = outcome_make(OUTCOME_READY, NULL);
	char message[PGSTARTUP_MESSAGE_MAX];
	size_t len = pgstartup_message(startup->user, startup->database, message, sizeof(message));

	probe_expire_as(startup->probe, OUTCOME_SILENT, NULL);
	/* A new connection takes so few bytes at once. */
	if (!len || send(startup->stream.fd, message, len, MSG_NOSIGNAL) != (ssize_t)len)
		pgstartup_end(startup, &unsent);
	else
		stream_watch(&startup->stream, pgstartup_on_readable);
}

static void pgstartup_on_failed(void *arg, const struct outcome *outcome)
{
	pgstartup_end(arg, outcome);
}

void pgstartup_init(struct pgstartup *startup)
{
	startup->stream.fd = -1;
}

void pgstartup_ask(struct pgstartup *startup, struct probe *probe, const char *user, const char *database,
		   void (*other)(struct probe *probe))
{
	struct outcome outcome;

	startup->probe = probe;
	startup->user = user;
	startup->database = database;
	startup->len = 0;
	startup->other = other;
	outcome = stream_connect(&startup->stream, probe->loop, probe->sockets, probe->address, pgstartup_on_connected,
				 pgstartup_on_failed, startup);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

void pgstartup_stop(struct pgstartup *startup)
{
	stream_close(&startup->stream);
}
