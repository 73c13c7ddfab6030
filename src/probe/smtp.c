/* SMTP: ready when the server greets with 220. RFC 5321, 3.1 and 4.2. */
#include <ctype.h>
#include <string.h>

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

/*
 * The server speaks first: with 220, with 554 if it takes no mail, or with 421 if it is about to stop (RFC 5321, 3.1 and
 * 3.8). One that a client leaves without QUIT may log that it lost the connection.
 */
static bool smtp_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	enum outcome_kind kind = smtp_read(heard->data, heard->len);

	if (kind == OUTCOME_NONE && (heard->len == 0 || strchr("245", heard->data[0])))
		return false;
	if (kind == OUTCOME_READY && memcmp(heard->data, "220", SMTP_CODE) == 0)
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else if (kind == OUTCOME_READY && strchr("45", heard->data[0]))
		*outcome = dialog_quote(target, heard->data[0] == '4' ? OUTCOME_STARTING : OUTCOME_DENIED, heard->data,
					heard->len);
	else
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no greeting of a mail server");
	if (outcome->kind != OUTCOME_GARBLED)
		buf_add_text(out, "QUIT\r\n");
	return true;
}

static const struct dialog smtp_dialog = {.judge = smtp_judge};

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
	.protocol = &smtp_protocol,
};
