/* SMTP: ready when the server greets with 220; with ?starttls: when TLS stands. RFC 5321, 3.1 and 4.2; RFC 3207. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* A line of a reply is three digits and a ' ', or a '-' if another line follows. */
enum { SMTP_CODE = 3, SMTP_LINE_MIN = SMTP_CODE + 1 };

/* Is line, which may not be whole, one of the reply that begins with code? */
static bool smtp_is_line(const char *line, size_t len, const char *code)
{
	for (size_t i = 0; i < len && i < SMTP_CODE; i++)
		if (!isdigit((unsigned char)line[i]) || line[i] != code[i])
			return false;
	return len <= SMTP_CODE || (line[SMTP_CODE] && strchr(" -\r\n", line[SMTP_CODE]));
}

/* Reads the lines of the reply. READY: the last one is there; NONE: it is not; GARBLED: one is no line of a reply. */
static enum outcome_kind smtp_read(const char *reply, size_t len)
{
	const char *line = reply, *end;

	for (;;) {
		if (!smtp_is_line(line, len, reply))
			return OUTCOME_GARBLED;
		end = memchr(line, '\n', len);
		if (!end)
			return OUTCOME_NONE;
		if (end - line < SMTP_LINE_MIN || line[SMTP_CODE] != '-')
			return OUTCOME_READY;
		len -= (size_t)(end + 1 - line);
		line = end + 1;
	}
}

/* Has a line of the reply to EHLO this word? A line is "250-STARTTLS" (RFC 5321, 4.1.1.1). */
static bool smtp_offers(const struct dialog_heard *heard, const char *word)
{
	size_t left = heard->len, len = strlen(word);
	const char *line = heard->data, *end;

	for (; (end = memchr(line, '\n', left)); left -= (size_t)(end + 1 - line), line = end + 1) {
		const char *after = line + SMTP_LINE_MIN + len;

		if (after <= end && strncasecmp(line + SMTP_LINE_MIN, word, len) == 0 && strchr(" \r\n", *after))
			return true;
	}
	return false;
}

/*
 * What is awaited, and said then. Without ?starttls the greeting is all. With it, the last reply comes in TLS: EHLO must be said
 * again there (RFC 3207, 4.2), and a server that refuses this client in TLS does not answer it.
 */
static const struct smtp_step {
	const char *code, *say; /* NULL: nothing */
} smtp_steps[] = {
	{"220", "EHLO waitfor.invalid\r\n"},
	{"250", "STARTTLS\r\n"},
	{"220", NULL}, /* TLS begins */
	{"250", NULL},
};

enum { SMTP_STARTTLS = 1, SMTP_TLS = 2, SMTP_LAST = 3 };

/* The reply is whole. NONE: it is the one that is awaited. */
static struct outcome smtp_reply(const struct target *target, const struct dialog_heard *heard)
{
	if (memcmp(heard->data, smtp_steps[heard->turn].code, SMTP_CODE) == 0) {
		if (heard->turn == SMTP_STARTTLS && !smtp_offers(heard, "STARTTLS"))
			return outcome_make(OUTCOME_UNSUITABLE, "the server does not offer STARTTLS");
		return outcome_make(OUTCOME_NONE, NULL);
	}
	if (strchr("45", heard->data[0]))
		return dialog_quote(target, heard->data[0] == '4' ? OUTCOME_STARTING : OUTCOME_DENIED, heard->data,
				    heard->len);
	return outcome_make(OUTCOME_GARBLED, "it is no greeting of a mail server");
}

/*
 * The server speaks first: with 220, with 554 if it takes no mail, or with 421 if it is about to stop (RFC 5321, 3.1 and
 * 3.8). One that a client leaves without QUIT may log that it lost the connection.
 */
static bool smtp_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	bool upgrades = security_starts_later(&target->security);
	enum outcome_kind kind;

	if (heard->secure && heard->turn == SMTP_TLS) {
		buf_add_text(out, smtp_steps[0].say);
		return false;
	}
	kind = smtp_read(heard->data, heard->len);
	if (kind == OUTCOME_NONE && (heard->len == 0 || strchr("245", heard->data[0])))
		return false;
	*outcome = kind == OUTCOME_READY ? smtp_reply(target, heard)
					 : outcome_make(OUTCOME_GARBLED, "it is no greeting of a mail server");
	if (outcome->kind == OUTCOME_NONE && upgrades && heard->turn < SMTP_LAST) {
		if (smtp_steps[heard->turn].say)
			buf_add_text(out, smtp_steps[heard->turn].say);
		return false;
	}
	if (outcome->kind == OUTCOME_NONE)
		*outcome = outcome_make(OUTCOME_READY, NULL);
	if (outcome->kind != OUTCOME_GARBLED)
		buf_add_text(out, "QUIT\r\n");
	return true;
}

/* Judge has heard the reply to STARTTLS, and wants more. */
static bool smtp_begins_tls(const struct target *target, const struct dialog_heard *heard, const struct buf *said)
{
	(void)target;
	(void)said;
	return heard->turn == SMTP_TLS && smtp_read(heard->data, heard->len) == OUTCOME_READY;
}

static const struct dialog smtp_dialog = {.judge = smtp_judge, .begins_tls = smtp_begins_tls};

static const struct protocol smtp_protocol = {
	.dialog = &smtp_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_smtp = {
	.name = "smtp",
	.summary = "the mail server greets with 220",
	.example = "smtp://host:25",
	.default_port = 25,
	.tls = SCHEME_TLS_OR_STARTTLS,
	.tls_name = "smtps",
	.tls_port = 465,
	.protocol = &smtp_protocol,
};
