/* NATS: ready when the server answers PING. TLS begins after INFO. https://docs.nats.io, "Client Protocol". */
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "target/scheme.h"

/* What INFO says. *may_connect: we know the login that CONNECT needs, or it needs none. */
static struct outcome nats_read_info(const struct target *target, const char *json, size_t len, bool *may_connect)
{
	cJSON *info = cJSON_ParseWithLength(json, len);
	bool valid = cJSON_IsObject(info);
	bool lame = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "ldm"));
	bool tls = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "tls_required"));
	bool offers_tls = tls || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "tls_available"));
	bool login = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "auth_required"));

	cJSON_Delete(info);
	if (!valid)
		return outcome_make(OUTCOME_GARBLED, "its INFO is not JSON");
	if (lame)
		return outcome_make(OUTCOME_STARTING, "the server is going to stop (lame duck mode)");
	if (security_is_on(&target->security) && !offers_tls)
		return outcome_make(OUTCOME_UNSUITABLE, "the server does not speak TLS");
	if (target_has_password(target) && tls && !security_is_on(&target->security))
		return outcome_make(OUTCOME_UNSUITABLE, "the server takes a login only with TLS");
	*may_connect = (security_is_on(&target->security) || !tls) && (target_has_password(target) || !login);
	return outcome_make(OUTCOME_READY, NULL);
}

/* A server that has no room sends an error after INFO; so one that keeps the connection is asked for PONG. */
static void nats_say_connect(const struct target *target, struct buf *out)
{
	cJSON *login = alloc_check(cJSON_CreateObject());
	bool has_user = target_has_user(target);
	char *text;

	cJSON_AddBoolToObject(login, "verbose", false);
	cJSON_AddBoolToObject(login, "pedantic", false);
	cJSON_AddStringToObject(login, "lang", "c");
	cJSON_AddStringToObject(login, "version", "1");
	cJSON_AddStringToObject(login, "name", "waitfor");
	if (target_has_password(target) && has_user)
		cJSON_AddStringToObject(login, "user", target->user);
	if (target_has_password(target))
		cJSON_AddStringToObject(login, has_user ? "pass" : "auth_token", target->password);
	text = alloc_check(cJSON_PrintUnformatted(login));
	cJSON_Delete(login);
	buf_add_text(out, "CONNECT ");
	buf_add_text(out, text);
	buf_add_text(out, "\r\nPING\r\n");
	cJSON_free(text);
}

/* An error line ends at what may be the login, which was sent with the escapes of JSON. */
static size_t nats_error_length(const char *line, size_t len)
{
	size_t shown = 0;

	while (shown < len && line[shown] != '{' && line[shown] != '"')
		shown++;
	return shown;
}

/* What an error line means. After INFO it says that the server is full, after CONNECT what is wrong with the login. */
static struct outcome nats_read_error(const struct target *target, const char *line, size_t len)
{
	static const char full[] = "-ERR 'maximum connections exceeded'", denied[] = "-ERR 'auth";

	if (len >= sizeof(full) - 1 && strncasecmp(line, full, sizeof(full) - 1) == 0)
		return outcome_make(OUTCOME_FULL, NULL);
	len = nats_error_length(line, len);
	if (target_has_password(target) && len >= sizeof(denied) - 1 &&
	    strncasecmp(line, denied, sizeof(denied) - 1) == 0)
		return dialog_quote(target, OUTCOME_DENIED, line, len);
	return dialog_quote(target, OUTCOME_STARTING, line, len);
}

static bool nats_line_is(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* What any other line means; NONE if it says nothing: INFO may come again, and PING, before the answer. */
static struct outcome nats_read_answer(const struct target *target, const char *line, size_t len)
{
	if (nats_line_is(line, len, "-ERR"))
		return nats_read_error(target, line, len);
	return outcome_make(nats_line_is(line, len, "PONG") ? OUTCOME_READY : OUTCOME_NONE, NULL);
}

/*
 * Reads all whole lines. An error may follow INFO at once, so the words that come next wait until no part of a line is
 * left. INFO is remembered, since it says whether there is more to say once TLS stands. Before that nothing but an error
 * may come behind it: it could be from anybody on the way.
 */
static bool nats_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	const char *line = heard->data, *end;
	size_t left = heard->len;
	bool may_connect = false, awaits_tls = security_is_on(&target->security) && !heard->secure;

	if (dialog_begins(heard, "INFO ") == DIALOG_NO && dialog_begins(heard, "-ERR") == DIALOG_NO)
		*outcome = outcome_make(OUTCOME_GARBLED, "it does not begin with INFO");
	while ((outcome->kind == OUTCOME_NONE || line != heard->data) && (end = memchr(line, '\n', left))) {
		size_t len = (size_t)(end - line);
		bool is_info = line == heard->data && nats_line_is(line, len, "INFO ");
		struct outcome found = is_info ? nats_read_info(target, line + 5, len - 5, &may_connect)
					       : nats_read_answer(target, line, len);

		if (!is_info && found.kind == OUTCOME_READY && heard->turn == 0)
			found.kind = OUTCOME_NONE; /* a PONG that nobody has asked for */
		if (awaits_tls && !is_info && found.kind <= OUTCOME_READY)
			found = outcome_make(OUTCOME_GARBLED, "it speaks before TLS begins");
		if (found.kind > OUTCOME_READY || (found.kind == OUTCOME_READY && !is_info)) {
			*outcome = found;
			return true;
		}
		*outcome = is_info ? found : *outcome;
		left -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	if (outcome->kind == OUTCOME_READY && (may_connect || awaits_tls)) {
		outcome->kind = OUTCOME_NONE;
		if (!left && !awaits_tls && heard->turn == 0)
			nats_say_connect(target, out);
	}
	return outcome->kind != OUTCOME_NONE;
}

/* INFO was heard whole, and judge wants more. */
static bool nats_begins_tls(const struct target *target, const struct dialog_heard *heard, const struct buf *said)
{
	(void)target;
	(void)said;
	return heard->len && heard->data[heard->len - 1] == '\n';
}

static const struct dialog nats_dialog = {.judge = nats_judge, .remembers = true, .begins_tls = nats_begins_tls};

static const struct protocol nats_protocol = {
	.dialog = &nats_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_nats = {
	.name = "nats",
	.summary = "NATS answers PING, with a password or token: after a login",
	.example = "nats://host:4222",
	.default_port = 4222,
	.tls = SCHEME_TLS_INSIDE,
	.claims_port = true,
	.takes_credentials = true,
	.takes_token = true,
	.protocol = &nats_protocol,
};
