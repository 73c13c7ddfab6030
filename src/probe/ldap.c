/* LDAP: ready when the server answers an anonymous bind; with a password: when it lets the user in. RFC 4511. */
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "base/number.h"
#include "target/scheme.h"

/* Tags of BER (5.1), and of LDAP's messages. */
enum {
	LDAP_INTEGER = 0x02,
	LDAP_TEXT = 0x04,
	LDAP_ENUM = 0x0a,
	LDAP_SEQUENCE = 0x30,
	LDAP_UNBIND = 0x42,
	LDAP_BIND = 0x60,
	LDAP_BOUND = 0x61,
	LDAP_EXTEND = 0x77,
	LDAP_EXTENDED = 0x78, /* with number 0 it answers nothing: the server is about to close (4.4.1) */
	LDAP_PASSWORD = 0x80,
	LDAP_EXTENSION_NAME = 0x80
};

struct ldap_part {
	const char *data;
	size_t len;
};

static void ldap_add(struct buf *out, int tag, const char *data, size_t len)
{
	number_add(out, (uint32_t)tag, 1);
	if (len >= 128) /* the length has four bytes */
		number_add(out, 0x84, 1);
	number_add(out, (uint32_t)len, len < 128 ? 1 : 4);
	if (len)
		buf_add(out, data, len);
}

/* Adds what is in body as a part, and releases it. */
static void ldap_add_parts(struct buf *out, int tag, struct buf *body)
{
	ldap_add(out, tag, body->data, body->len);
	buf_release(body);
}

/* A simple bind (4.2). Without a name and a password it is an anonymous one (RFC 4513, 5.1.1). */
static void ldap_say_bind(const struct target *target, struct buf *out)
{
	bool login = target_has_password(target);
	const char *name = login && target->user ? target->user : "", *password = login ? target->password : "";
	struct buf bind = {0}, message = {0};

	ldap_add(&bind, LDAP_INTEGER, "\x03", 1); /* the version */
	ldap_add(&bind, LDAP_TEXT, name, strlen(name));
	ldap_add(&bind, LDAP_PASSWORD, password, strlen(password));
	ldap_add(&message, LDAP_INTEGER, "\x01", 1); /* the number of the message */
	ldap_add_parts(&message, LDAP_BIND, &bind);
	ldap_add_parts(out, LDAP_SEQUENCE, &message);
}

/* The extended request StartTLS (4.14.1). */
static void ldap_say_starttls(struct buf *out)
{
	static const char name[] = "1.3.6.1.4.1.1466.20037";
	struct buf request = {0}, message = {0};

	ldap_add(&request, LDAP_EXTENSION_NAME, name, sizeof(name) - 1);
	ldap_add(&message, LDAP_INTEGER, "\x01", 1);
	ldap_add_parts(&message, LDAP_EXTEND, &request);
	ldap_add_parts(out, LDAP_SEQUENCE, &message);
}

static void ldap_say(const struct target *target, struct buf *out)
{
	if (security_starts_later(&target->security))
		ldap_say_starttls(out);
	else
		ldap_say_bind(target, out);
}

/* Unbind (4.3), which has no answer: the server closes the connection, and logs no lost one. */
static void ldap_say_goodbye(struct buf *out)
{
	struct buf message = {0};

	ldap_add(&message, LDAP_INTEGER, "\x02", 1);
	ldap_add(&message, LDAP_UNBIND, NULL, 0);
	ldap_add_parts(out, LDAP_SEQUENCE, &message);
}

/* Takes a part with this tag off the beginning of from. MAYBE: it is not whole. */
static enum dialog_match ldap_take(struct ldap_part *from, int tag, struct ldap_part *found)
{
	const unsigned char *bytes = (const unsigned char *)from->data;
	size_t head = 2, len;

	if (from->len && bytes[0] != tag)
		return DIALOG_NO;
	if (from->len < head)
		return DIALOG_MAYBE;
	len = bytes[1];
	if (len == 0x80 || len > 0x84)
		return DIALOG_NO;
	if (len > 0x80) { /* so many bytes with the length follow */
		head += len - 0x80;
		if (from->len < head)
			return DIALOG_MAYBE;
		len = number_read(bytes + 2, head - 2);
	}
	if (from->len - head < len)
		return DIALOG_MAYBE;
	*found = (struct ldap_part){from->data + head, len};
	*from = (struct ldap_part){from->data + head + len, from->len - head - len};
	return DIALOG_YES;
}

/* Codes of a result (appendix A) that say what is wrong with a login. Others say that the server is not ready. */
static const struct ldap_code {
	unsigned char code;
	unsigned char kind;
	const char *name;
} ldap_codes[] = {
	{2, OUTCOME_UNSUITABLE, "protocolError"},
	{7, OUTCOME_UNSUITABLE, "authMethodNotSupported"},
	{8, OUTCOME_UNSUITABLE, "strongerAuthRequired"},
	{10, OUTCOME_UNSUITABLE, "referral"},
	{13, OUTCOME_UNSUITABLE, "confidentialityRequired"},
	{32, OUTCOME_DENIED, "noSuchObject"},
	{34, OUTCOME_DENIED, "invalidDNSyntax"},
	{48, OUTCOME_DENIED, "inappropriateAuthentication"},
	{49, OUTCOME_DENIED, "invalidCredentials"},
	{50, OUTCOME_DENIED, "insufficientAccessRights"},
	{51, OUTCOME_STARTING, "busy"},
	{52, OUTCOME_STARTING, "unavailable"},
	{53, OUTCOME_DENIED, "unwillingToPerform"},
};

/*
 * What a result means. Without a password only busy and unavailable are not ready: whoever says that anonymous users are not
 * welcome, or not without TLS, has read the question, and nobody asked for more.
 */
static struct outcome ldap_read_result(const struct target *target, unsigned char code, const struct ldap_part *text,
				       bool is_notice)
{
	enum outcome_kind kind = OUTCOME_STARTING;
	const char *name = "result";
	struct outcome outcome;
	char *said;

	for (size_t i = 0; i < sizeof(ldap_codes) / sizeof(ldap_codes[0]); i++)
		if (ldap_codes[i].code == code) {
			kind = (enum outcome_kind)ldap_codes[i].kind;
			name = ldap_codes[i].name;
		}
	if (!is_notice && (code == 0 || (!target_has_password(target) && code != 51 && code != 52)))
		return outcome_make(OUTCOME_READY, NULL);
	said = alloc_format("%s (code %u)%s%.*s", name, code, text->len ? ": " : "", (int)text->len,
			    text->len ? text->data : "");
	outcome = dialog_quote(target, is_notice ? OUTCOME_STARTING : kind, said, strlen(said));
	free(said);
	return outcome;
}

/* An answer: an LDAPMessage (4.1.1) with a number, and a BindResponse or ExtendedResponse that begins with a result. */
struct ldap_answer {
	bool is_extended, is_notice;
	unsigned char code;
	struct ldap_part text;
};

static enum dialog_match ldap_read(const struct dialog_heard *heard, struct ldap_answer *answer)
{
	struct ldap_part from = {heard->data, heard->len}, message, number, result, code;
	enum dialog_match whole = ldap_take(&from, LDAP_SEQUENCE, &message);

	if (whole != DIALOG_YES)
		return whole;
	if (ldap_take(&message, LDAP_INTEGER, &number) != DIALOG_YES)
		return DIALOG_NO;
	answer->is_extended = message.len && (unsigned char)*message.data == LDAP_EXTENDED;
	answer->is_notice = answer->is_extended && number.len == 1 && *number.data == 0;
	if (ldap_take(&message, answer->is_extended ? LDAP_EXTENDED : LDAP_BOUND, &result) != DIALOG_YES ||
	    ldap_take(&result, LDAP_ENUM, &code) != DIALOG_YES || code.len != 1 ||
	    ldap_take(&result, LDAP_TEXT, &answer->text) != DIALOG_YES ||
	    ldap_take(&result, LDAP_TEXT, &answer->text) != DIALOG_YES)
		return DIALOG_NO;
	answer->code = (unsigned char)*code.data;
	return DIALOG_YES;
}

/* Is it the answer to StartTLS that is awaited? */
static bool ldap_awaits_tls(const struct target *target, const struct dialog_heard *heard)
{
	return security_starts_later(&target->security) && !heard->secure;
}

static bool ldap_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	struct ldap_answer answer;
	enum dialog_match whole;
	bool awaits_tls = ldap_awaits_tls(target, heard);

	if (heard->secure && security_starts_later(&target->security) && heard->turn == 1) {
		ldap_say_bind(target, out);
		return false;
	}
	whole = ldap_read(heard, &answer);
	if (whole == DIALOG_MAYBE)
		return false;
	if (whole == DIALOG_NO || (!answer.is_notice && answer.is_extended != awaits_tls)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no answer of LDAP");
		return true;
	}
	if (awaits_tls && answer.code == 0)
		return false;
	*outcome = awaits_tls && !answer.is_notice
			   ? outcome_make(OUTCOME_UNSUITABLE, "the server does not begin TLS (code %u)", answer.code)
			   : ldap_read_result(target, answer.code, &answer.text, answer.is_notice);
	if (!answer.is_notice)
		ldap_say_goodbye(out);
	return true;
}

static bool ldap_begins_tls(const struct target *target, const struct dialog_heard *heard, const struct buf *said)
{
	struct ldap_answer answer;

	(void)said;
	return ldap_awaits_tls(target, heard) && ldap_read(heard, &answer) == DIALOG_YES && answer.code == 0;
}

static const struct dialog ldap_dialog = {.say = ldap_say, .judge = ldap_judge, .begins_tls = ldap_begins_tls};

static const struct protocol ldap_protocol = {
	.dialog = &ldap_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_ldap = {
	.name = "ldap",
	.summary = "the LDAP server answers, with a password: lets the user in",
	.example = "ldap://host:389",
	.default_port = 389,
	.tls = SCHEME_TLS_OR_STARTTLS,
	.tls_name = "ldaps",
	.tls_port = 636,
	.takes_credentials = true,
	.protocol = &ldap_protocol,
};
