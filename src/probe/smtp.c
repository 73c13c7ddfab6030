/* SMTP: ready when the server greets with 220. RFC 5321, 3.1 and 4.2. */
#include <ctype.h>
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* A line of a reply is three digits and a ' ', or a '-' if another line follows. */
enum { SMTP_CODE = 3, SMTP_LINE_MIN = SMTP_CODE + 1 };

/* Is the last line of the reply there? */
static bool smtp_is_whole(const char *line, size_t len)
{
	const char *end;

	while ((end = memchr(line, '\n', len))) {
		if (end - line < SMTP_LINE_MIN || line[SMTP_CODE] != '-')
			return true;
		len -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	return false;
}

static bool smtp_is_reply(const struct dialog_heard *heard)
{
	for (size_t i = 0; i < heard->len && i < SMTP_CODE; i++)
		if (!isdigit((unsigned char)heard->data[i]) || (i == 0 && !strchr("245", heard->data[i])))
			return false;
	return heard->len <= SMTP_CODE || memchr(" -\r\n", heard->data[SMTP_CODE], 4);
}

/* The server speaks first. One that a client leaves without QUIT may log that it lost the connection. */
static bool smtp_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	enum outcome_kind kind;

	if (!smtp_is_reply(heard)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no reply of a mail server");
		return true;
	}
	if (!smtp_is_whole(heard->data, heard->len))
		return false;
	kind = heard->data[0] == '4' ? OUTCOME_STARTING : OUTCOME_DENIED;
	*outcome = heard->data[0] == '2' ? outcome_make(OUTCOME_READY, NULL)
					 : dialog_quote(target, kind, heard->data, heard->len);
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
