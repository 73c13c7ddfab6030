#include "attempt/dialog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "target/scheme.h"

/* So much of a password tells it; less may be in a line by chance. */
enum { DIALOG_TELLING = 8 };

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
	if (*path && (*path != '?' || !scheme->params))
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
static void dialog_part(struct dialog_state *state, const struct buf *goodbye)
{
	struct evbuffer *output = bufferevent_get_output(state->talk);

	if (!goodbye->len || bufferevent_write(state->talk, goodbye->data, goodbye->len))
		return;
	evbuffer_unfreeze(output, 1); /* a bufferevent lets nobody else take from its output */
	evbuffer_write(output, bufferevent_getfd(state->talk));
}

static struct dialog_heard dialog_heard_now(const struct dialog_state *state, bool eof)
{
	struct evbuffer *input = bufferevent_get_input(state->talk);
	struct dialog_heard heard = {.len = evbuffer_get_length(input), .eof = eof, .turn = state->turn};

	heard.data = heard.len ? (const char *)evbuffer_pullup(input, -1) : "";
	return heard;
}

/* Lets the protocol judge what was heard. Returns whether it decided; then the probe is finished. */
static bool dialog_judge(struct probe *probe, bool eof)
{
	struct dialog_state *state = probe->state;
	struct dialog_heard heard = dialog_heard_now(state, eof);
	struct outcome outcome = {0};
	struct buf words = {0};

	if (probe->protocol->dialog->judge(probe->target, &heard, &words, &outcome)) {
		if (!eof)
			dialog_part(state, &words);
		buf_release(&words);
		probe_finish(probe, &outcome);
		return true;
	}
	dialog_speak(probe, &words);
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

/*
 * The connection has ended. If the service sent nothing at all, it is not up yet: most often a proxy accepted the
 * connection (FACTS 17). Then judge is not asked.
 */
static void dialog_on_event(struct bufferevent *talk, short what, void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;

	if (probe->finished || !(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	state->heard_any |= evbuffer_get_length(bufferevent_get_input(talk)) > 0;
	if (state->heard_any && dialog_judge(probe, true))
		return;
	dialog_finish(probe, what & BEV_EVENT_EOF ? OUTCOME_CLOSED : OUTCOME_RESET, "");
}

static void dialog_on_connected(void *arg)
{
	struct probe *probe = arg;
	struct dialog_state *state = probe->state;
	const struct dialog *dialog = probe->protocol->dialog;
	struct buf words = {0};
	int fd = stream_release(&state->stream);

	state->talk = bufferevent_socket_new(loop_base(probe->loop), fd, 0);
	if (!state->talk) {
		close(fd);
		dialog_finish(probe, OUTCOME_LOCAL, "out of memory");
		return;
	}
	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	bufferevent_setcb(state->talk, dialog_on_heard, NULL, dialog_on_event, probe);
	if (dialog->say)
		dialog->say(probe->target, &words);
	dialog_speak(probe, &words);
	if (bufferevent_enable(state->talk, EV_READ | EV_WRITE))
		dialog_finish(probe, OUTCOME_LOCAL, "the connection cannot be watched");
}

static void dialog_on_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

void dialog_start(struct probe *probe)
{
	struct dialog_state *state = probe->state;
	struct outcome outcome;

	outcome = stream_connect(&state->stream, probe->loop, probe->sockets, probe->address, dialog_on_connected,
				 dialog_on_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

void dialog_stop(struct probe *probe)
{
	struct dialog_state *state = probe->state;
	int fd;

	stream_close(&state->stream);
	if (!state->talk)
		return;
	fd = bufferevent_getfd(state->talk);
	bufferevent_free(state->talk);
	state->talk = NULL;
	stream_drain(fd);
	close(fd);
}
