/* IMAP: ready when the server greets with OK; with ?starttls: when TLS stands. RFC 9051, 7.1 and 6.2.1. */
#include <string.h>
#include <strings.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* Does what was heard begin with the words, in upper or lower case, as far as it goes? */
static bool imap_may_be(const struct dialog_heard *heard, const char *words)
{
	size_t len = strlen(words);

	return strncasecmp(heard->data, words, heard->len < len ? heard->len : len) == 0;
}

/*
 * The server speaks first: "* OK ...", "* PREAUTH ..." if no login is needed, or "* BYE ..." if it does not take the
 * connection. It may log a client that leaves without LOGOUT.
 */
static bool imap_greeted(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			 struct outcome *outcome)
{
	bool bye = imap_may_be(heard, "* BYE ");

	if (!imap_may_be(heard, "* OK ") && !imap_may_be(heard, "* PREAUTH ") && !bye)
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no greeting of an IMAP server");
	else if (!memchr(heard->data, '\n', heard->len))
		return false;
	else if (bye)
		*outcome = dialog_quote(target, OUTCOME_STARTING, heard->data + 2, heard->len - 2);
	else
		*outcome = outcome_make(OUTCOME_READY, NULL);
	if (outcome->kind == OUTCOME_READY && security_starts_later(&target->security)) {
		outcome->kind = OUTCOME_NONE;
		buf_add_text(out, "w STARTTLS\r\n");
		return false;
	}
	if (outcome->kind == OUTCOME_READY)
		buf_add_text(out, "w LOGOUT\r\n");
	return true;
}

/* Returns the line that answers "w STARTTLS", as far as it is there; others may come before it (RFC 9051, 7). */
static struct dialog_heard imap_answer(const struct dialog_heard *heard)
{
	struct dialog_heard answer = *heard;
	const char *end;

	while (answer.len && *answer.data == '*' && !imap_may_be(&answer, "* BYE ") &&
	       (end = memchr(answer.data, '\n', answer.len))) {
		answer.len -= (size_t)(end + 1 - answer.data);
		answer.data = end + 1;
	}
	return answer;
}

/* Turn 1 awaits the answer to STARTTLS, and turn 2 that to NOOP in TLS: who is refused there does not get one. */
static bool imap_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	struct dialog_heard answer = imap_answer(heard);
	bool is_good = imap_may_be(&answer, "w OK ");

	if (heard->turn == 0)
		return imap_greeted(target, heard, out, outcome);
	if (heard->secure && heard->turn == 1) {
		buf_add_text(out, "w NOOP\r\n");
		return false;
	}
	if (!memchr(answer.data, '\n', answer.len) || (is_good && heard->turn == 1))
		return false;
	*outcome = is_good ? outcome_make(OUTCOME_READY, NULL)
			   : dialog_quote(target, *answer.data == '*' ? OUTCOME_STARTING : OUTCOME_UNSUITABLE,
					  answer.data, answer.len);
	buf_add_text(out, "w LOGOUT\r\n");
	return true;
}

static bool imap_begins_tls(const struct target *target, const struct dialog_heard *heard, const struct buf *said)
{
	struct dialog_heard answer = imap_answer(heard);

	(void)target;
	(void)said;
	return heard->turn == 1 && imap_may_be(&answer, "w OK ") && memchr(answer.data, '\n', answer.len);
}

static const struct dialog imap_dialog = {.judge = imap_judge, .begins_tls = imap_begins_tls};

static const struct protocol imap_protocol = {
	.dialog = &imap_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_imap = {
	.name = "imap",
	.summary = "the IMAP server greets with OK",
	.example = "imap://host:143",
	.default_port = 143,
	.tls = SCHEME_TLS_OR_STARTTLS,
	.tls_name = "imaps",
	.tls_port = 993,
	.protocol = &imap_protocol,
};
