/* SSH: ready when the server tells the version of its protocol. RFC 4253, 4.2. */
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/*
 * Our version, and a message SSH_MSG_DISCONNECT with the reason "by application" (RFC 4253, 6 and 11.1): its length, the
 * length of the padding, the message, and the padding. A server logs an error for a client that leaves before that.
 */
static const char ssh_goodbye[] = "SSH-2.0-waitfor\r\n"
				  "\0\0\0\x1c\x0a"
				  "\1\0\0\0\x0b\0\0\0\4done\0\0\0\0"
				  "\0\0\0\0\0\0\0\0\0\0";

/* Lines may come before the version. */
static const char *ssh_find_version(const struct dialog_heard *heard, size_t *len)
{
	const char *line = heard->data, *end;

	for (*len = heard->len; (end = memchr(line, '\n', *len)); line = end + 1) {
		if (*len > 4 && memcmp(line, "SSH-", 4) == 0)
			return line;
		*len -= (size_t)(end + 1 - line);
	}
	return NULL;
}

static bool ssh_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		      struct outcome *outcome)
{
	size_t len;
	const char *version = ssh_find_version(heard, &len);

	/* What sshd says when MaxStartups connections are not logged in yet, or while it locks the client out. */
	if (dialog_begins(heard, "Exceeded MaxStartups") == DIALOG_YES)
		*outcome = outcome_make(OUTCOME_FULL, NULL);
	else if (dialog_begins(heard, "Not allowed at this time") == DIALOG_YES)
		*outcome = dialog_quote(target, OUTCOME_STARTING, heard->data, heard->len);
	else if (!version)
		return false;
	else if (memcmp(version, "SSH-2.0-", len < 8 ? len : 8) == 0 ||
		 memcmp(version, "SSH-1.99-", len < 9 ? len : 9) == 0)
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else
		*outcome = dialog_quote(target, OUTCOME_UNSUITABLE, version, len);
	if (outcome->kind == OUTCOME_READY)
		buf_add(out, ssh_goodbye, sizeof(ssh_goodbye) - 1);
	return true;
}

static const struct dialog ssh_dialog = {.judge = ssh_judge};

static const struct protocol ssh_protocol = {
	.dialog = &ssh_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_ssh = {
	.name = "ssh",
	.summary = "the SSH server tells its version",
	.example = "ssh://host:22",
	.default_port = 22,
	.protocol = &ssh_protocol,
};
