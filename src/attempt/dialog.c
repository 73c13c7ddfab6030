#include "attempt/dialog.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/clock.h"
#include "net/tls.h"
#include "target/scheme.h"

/* So much of a password tells it; less may be in a line by chance. */
enum { DIALOG_TELLING = 8 };

/* A connection that a balancer without servers ends does so within this time (FACTS 53). */
#define DIALOG_SETTLE_MIN (5 * CLOCK_MS)

struct outcome dialog_quote(const struct target *target, enum outcome_kind kind, const char *said, size_t len)
{
	/* Of a password with line ends in it: they may be said as blanks. */
	const char *password = target->password ? target->password + strspn(target->password, "\r\n") : "";
	size_t telling = strcspn(password, "\r\n");
	const char *secret, *line_end;

	for (const char *end = "\n\r"; *end; end++) {
		line_end = memchr(said, *end, len);
		len = line_end ? (size_t)(line_end - said) : len;
	}
	secret = telling ? memmem(said, len, password, telling < DIALOG_TELLING ? telling : DIALOG_TELLING) : NULL;
	len = secret ? (size_t)(secret - said) : len;
	return outcome_make(kind, "%.*s", (int)len, said);
}

int dialog_check_host(const struct target *target, struct error *err)
{
	const struct scheme *scheme = target->scheme;

	if (target->endpoint_count > 1 && !scheme->lists_hosts)
		return errors_set(err, "%s:// takes one host; write several targets instead of a ','", scheme->name);
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (endpoint_family(target->endpoints[i].host) == AF_UNIX)
			return errors_set(err, "%s:// takes a host, not a path; write %s", scheme->name,
					  scheme->example);
	return 0;
}

int dialog_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct scheme *scheme = target->scheme;
	const char *path = target->tail + (target->tail[0] == '/');

	(void)env;
	(void)log;
	if (dialog_check_host(target, err))
		return -1;
	if (target->has_user && !scheme->takes_credentials)
		return errors_set(err, "%s:// takes no user; write %s", scheme->name, scheme->example);
	if (*path && (*path != '?' || !(scheme->params || scheme->tls)))
		return errors_set(err, "%s:// takes nothing after the port; write %s", scheme->name, scheme->example);
	return 0;
}

enum dialog_match dialog_begins(const struct dialog_heard *heard, const char *text)
{
	size_t len = strlen(text);

	if (memcmp(heard->data, text, heard->len < len ? heard->len : len) != 0)
		return DIALOG_NO;
	return heard->len < len ? DIALOG_MAYBE : DIALOG_YES;
}

static void dialog_finish(struct probe *probe, enum outcome_kind kind, const char *detail)
{
	struct outcome outcome = outcome_make(kind, "%s", detail);

	probe_finish(probe, &outcome);
}

/* If there are words, sends them and discards what was heard before, or counts it as answered. Releases words. */
static void dialog_speak(struct probe *probe, struct buf *words)
{
	struct dialog_state *state = probe->state;
	struct evbuffer *heard = bufferevent_get_input(state->talk);

	if (words->len) {
		if (probe->protocol->dialog->remembers)
			state->answered = evbuffer_get_length(heard);
		else
			evbuffer_drain(heard, evbuffer_get_length(heard));
		bufferevent_write(state->talk, words->data, words->len);
		state->turn++;
	}
	buf_release(words);
}

/*
 * Sends the goodbye, behind words that are still to be sent. It is only a courtesy: a service that is left without one
 * may log it as an error. What does not fit into the socket's buffer at once is lost.
 */
static void dialog_part(const struct dialog_state *state, const struct buf *goodbye)
{
	struct evbuffer *output = bufferevent_get_output(state->talk);

	if (goodbye->len && bufferevent_write(state->talk, goodbye->data, goodbye->len))
		return;
	if (state->in_tls) /* tls_end sends it */
		return;
	evbuffer_unfreeze(output, 1); /* a bufferevent lets nobody else take from its output */
	evbuffer_write(output, bufferevent_getfd(state->talk));
}

static struct dialog_heard dialog_heard_now(const struct dialog_state *state, bool eof)
{
	struct evbuffer *input = bufferevent_get_input(state->talk);
	struct dialog_heard heard = {.len = evbuffer_get_length(input),
				     .eof = eof,
				     .secure = state->secure,
				     .settled = state->settled,
				     .turn = state->turn,
				     .random = state->random};

	heard.data = heard.len ? (const char *)evbuffer_pullup(input, -1) : "";
	return heard;
}

/* Is the connection in TLS from its first byte? */
static bool dialog_is_secure_at_once(const struct target *target)
{
	return security_is_on(&target->security) && !security_starts_later(&target->security) &&
	       target->scheme->tls != SCHEME_TLS_INSIDE;
}

/* Must TLS begin now, after what was heard? */
static bool dialog_begins_tls(const struct probe *probe, const struct dialog_heard *heard, const struct buf *said)
{
	const struct dialog_state *state = probe->state;

	return security_is_on(&probe->target->security) && !state->in_tls && !heard->eof &&
	       probe->protocol->dialog->begins_tls(probe->target, heard, said);
}

static void dialog_upgrade(struct probe *probe);

/* Lets the protocol judge what was heard. Returns whether it decided; then the probe is finished. */
static bool dialog_judge(struct probe *probe, bool eof)
{
	const struct dialog *dialog = probe->protocol->dialog;
	struct dialog_state *state = probe->state;
	struct dialog_heard heard = dialog_heard_now(state, eof);
	struct outcome outcome = {0};
	struct buf words = {0};
	bool upgrade;

	if (dialog->judge(probe->target, &heard, &words, &outcome)) {
		if (!eof)
			dialog_part(state, &words);
		buf_release(&words);
		if (outcome.kind == OUTCOME_READY && dialog->refer && !dialog->refer(probe, &heard))
			outcome = outcome_make(OUTCOME_GARBLED, "it names no host and port");
		probe_finish(probe, &outcome);
		return true;
	}
	upgrade = dialog_begins_tls(probe, &heard, &words);
	dialog_speak(probe, &words);
	if (upgrade)
		dialog_upgrade(probe);
	return false;
}

/* Says what the deadline makes of what was heard, of which all is answered if the protocol has just spoken again. */
static void dialog_expire(struct probe *probe, const struct dialog_heard *heard)
{
	struct dialog_state *state = probe->state;
	const struct dialog *dialog = probe->protocol->dialog;

	if (heard->len <= state->answered) {
		probe_expire_as(probe, OUTCOME_SILENT, NULL);
		return;
	}
	state->late = dialog->late ? dialog->late(probe->target, heard)
				   : outcome_make(OUTCOME_STARTING, "the reply is not complete");
	probe_expire_as(probe, state->late.kind, state->late.detail);
}

static void dialog_on_heard(struct bufferevent *talk, void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;
	struct dialog_heard heard;

	(void)talk;
	if (probe->finished)
		return;
	state->heard_any = true;
	if (dialog_judge(probe, false))
		return;
	heard = dialog_heard_now(state, false);
	dialog_expire(probe, &heard);
	if (heard.len > DIALOG_HEARD_MAX)
		dialog_finish(probe, OUTCOME_GARBLED, "the reply does not end");
}

static void dialog_say(struct probe *probe)
{
	const struct dialog *dialog = probe->protocol->dialog;
	struct buf words = {0};

	if (dialog->say)
		dialog->say(probe->target, &words);
	dialog_speak(probe, &words);
}

static void dialog_on_settled(void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;

	state->settled = true;
	if (!probe->finished)
		dialog_judge(probe, false);
}

static int64_t dialog_settle_time(const struct probe *probe)
{
	const struct dialog_state *state = probe->state;
	int64_t wanted = probe->protocol->dialog->settles(probe->target), took = clock_now() - state->began;

	if (wanted)
		return wanted;
	return 2 * took > DIALOG_SETTLE_MIN ? 2 * took : DIALOG_SETTLE_MIN;
}

/* TLS stands. Where it came after words of the protocol, judge speaks next; a dialog may also be content with TLS itself. */
static void dialog_on_secure(struct probe *probe)
{
	struct dialog_state *state = probe->state;

	state->secure = true;
	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	if (probe->protocol->dialog->settles)
		loop_timer_set(&state->settle, dialog_settle_time(probe));
	if (dialog_is_secure_at_once(probe->target))
		dialog_say(probe);
	dialog_judge(probe, false);
}

/*
 * The connection has ended. If the service sent nothing at all, it is not up yet: most often a proxy accepted the
 * connection (FACTS 17). Then judge is not asked.
 */
static void dialog_on_event(struct bufferevent *talk, short what, void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;
	bool eof = what & BEV_EVENT_EOF, was_reset = errno == ECONNRESET;
	struct outcome outcome;

	if (probe->finished)
		return;
	if (what & BEV_EVENT_CONNECTED)
		dialog_on_secure(probe);
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	state->heard_any |= evbuffer_get_length(bufferevent_get_input(talk)) > 0;
	if (state->heard_any && state->in_tls == state->secure && dialog_judge(probe, true))
		return;
	if (state->in_tls)
		outcome = tls_failure(talk, &probe->target->security, state->secure, !eof && was_reset);
	else
		outcome = outcome_make(eof ? OUTCOME_CLOSED : OUTCOME_RESET, NULL);
	probe_finish(probe, &outcome);
}

/* Talks over fd from now on, which stays the caller's if that fails; then the probe is finished. */
static bool dialog_talk(struct probe *probe, int fd, bool in_tls)
{
	struct dialog_state *state = probe->state;
	struct outcome failure = outcome_make(OUTCOME_LOCAL, "out of memory");

	state->in_tls = in_tls;
	state->began = clock_now();
	if (in_tls) {
		probe_expire_as(probe, OUTCOME_SILENT, "no answer to TLS; does the service speak it at this port?");
		state->talk = tls_begin(probe->tls, probe->loop, fd, &probe->target->security, probe->endpoint->host,
					&failure);
	} else {
		state->talk = bufferevent_socket_new(loop_base(probe->loop), fd, 0);
	}
	if (!state->talk) {
		probe_finish(probe, &failure);
		return false;
	}
	bufferevent_setcb(state->talk, dialog_on_heard, NULL, dialog_on_event, probe);
	if (bufferevent_enable(state->talk, EV_READ | EV_WRITE))
		dialog_finish(probe, OUTCOME_LOCAL, "the connection cannot be watched");
	return true;
}

/*
 * Begins TLS on the connection. What came in the clear behind the words that agreed to it is forgotten, because anybody on
 * the way could have put it there (RFC 3207, 4.2); a dialog that remembers must look at nothing behind them.
 */
static void dialog_upgrade(struct probe *probe)
{
	struct dialog_state *state = probe->state;
	struct bufferevent *plain = state->talk;
	int fd = bufferevent_getfd(plain);
	const struct buf nothing = {0};

	dialog_part(state, &nothing); /* sends what is still to be said in the clear */
	state->talk = NULL;
	if (!dialog_talk(probe, fd, true)) {
		state->talk = plain;
		state->in_tls = false;
		return;
	}
	if (probe->protocol->dialog->remembers)
		evbuffer_add_buffer(bufferevent_get_input(state->talk), bufferevent_get_input(plain));
	bufferevent_free(plain);
}

static void dialog_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;
	bool in_tls = dialog_is_secure_at_once(probe->target);
	int fd = stream_release(&state->stream);

	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	if (!dialog_talk(probe, fd, in_tls))
		close(fd);
	else if (!in_tls)
		dialog_say(probe);
}

static void dialog_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

void dialog_start(struct probe *probe)
{
	struct dialog_state *state = probe->state;
	struct outcome outcome;

	state->stream.fd = -1;
	loop_timer_init(probe->loop, &state->settle, dialog_on_settled, probe);
	/* Early in a boot the kernel has none yet. */
	if (probe->protocol->dialog->draws_random &&
	    getrandom(state->random, sizeof(state->random), GRND_NONBLOCK) != sizeof(state->random)) {
		dialog_finish(probe, OUTCOME_LOCAL, "the kernel gives no random numbers");
		return;
	}
	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, dialog_on_connected,
				 dialog_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

void dialog_stop(struct probe *probe)
{
	struct dialog_state *state = probe->state;
	int fd;

	loop_timer_clear(&state->settle);
	stream_close(&state->stream);
	if (!state->talk)
		return;
	fd = bufferevent_getfd(state->talk);
	if (state->in_tls)
		tls_end(state->talk);
	else
		bufferevent_free(state->talk);
	state->talk = NULL;
	stream_drain(fd);
	close(fd);
}
