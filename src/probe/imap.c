/* IMAP: ready when the server greets with OK. RFC 9051, 7.1. */
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
static bool imap_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
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
	if (outcome->kind == OUTCOME_READY)
		buf_add_text(out, "w LOGOUT\r\n");
	return true;
}

static const struct dialog imap_dialog = {.judge = imap_judge};

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
	.protocol = &imap_protocol,
};
