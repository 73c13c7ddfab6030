/* NATS: ready when the server sends INFO, with a password: lets the client in. https://docs.nats.io, "Client Protocol". */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "target/scheme.h"

static bool nats_has_password(const struct target *target)
{
	return target->password && *target->password;
}

/* A user alone is a token: nats://TOKEN@host. */
static int nats_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	if (dialog_bind(target, env, log, err))
		return -1;
	if (target->user && *target->user && !nats_has_password(target)) {
		free(target->password);
		target->password = target->user;
		target->user = NULL;
	}
	return 0;
}

/* What INFO says of a server that is up. */
static struct outcome nats_read_info(const struct target *target, const char *json, size_t len)
{
	cJSON *info = cJSON_ParseWithLength(json, len);
	bool lame = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "ldm"));
	bool in_clear = !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(info, "tls_required"));
	bool valid = cJSON_IsObject(info);

	cJSON_Delete(info);
	if (!valid)
		return outcome_make(OUTCOME_GARBLED, "its INFO is not JSON");
	if (lame)
		return outcome_make(OUTCOME_STARTING, "the server is going to stop (lame duck mode)");
	if (nats_has_password(target) && !in_clear)
		return outcome_make(OUTCOME_UNSUITABLE, "the server takes a login only with TLS");
	return outcome_make(OUTCOME_READY, NULL);
}

static void nats_say_login(const struct target *target, struct buf *out)
{
	cJSON *login = alloc_check(cJSON_CreateObject());
	bool has_user = target->user && *target->user;
	char *text;

	cJSON_AddBoolToObject(login, "verbose", false);
	cJSON_AddBoolToObject(login, "pedantic", false);
	cJSON_AddStringToObject(login, "lang", "c");
	cJSON_AddStringToObject(login, "version", "1");
	cJSON_AddStringToObject(login, "name", "waitfor");
	if (has_user)
		cJSON_AddStringToObject(login, "user", target->user);
	cJSON_AddStringToObject(login, has_user ? "pass" : "auth_token", target->password);
	text = alloc_check(cJSON_PrintUnformatted(login));
	cJSON_Delete(login);
	buf_add_text(out, "CONNECT ");
	buf_add_text(out, text);
	buf_add_text(out, "\r\nPING\r\n");
	cJSON_free(text);
}

/* What an error line means. The server sends it instead of INFO, or in reply to CONNECT. */
static struct outcome nats_read_error(const struct target *target, const char *line, size_t len)
{
	static const char full[] = "-ERR 'maximum connections exceeded'";
	enum outcome_kind kind = nats_has_password(target) ? OUTCOME_DENIED : OUTCOME_STARTING;

	if (len >= sizeof(full) - 1 && strncasecmp(line, full, sizeof(full) - 1) == 0)
		return outcome_make(OUTCOME_FULL, NULL);
	return dialog_quote(target, kind, line, len);
}

static bool nats_line_is(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* What a line means; NONE if it says nothing: the server may send INFO again, or PING, before it answers. */
static struct outcome nats_read_line(const struct target *target, unsigned turn, const char *line, size_t len)
{
	if (nats_line_is(line, len, "-ERR"))
		return nats_read_error(target, line, len);
	if (turn == 0)
		return nats_line_is(line, len, "INFO ") ? nats_read_info(target, line + 5, len - 5)
							: outcome_make(OUTCOME_GARBLED, "it does not begin with INFO");
	return outcome_make(nats_line_is(line, len, "PONG") ? OUTCOME_READY : OUTCOME_NONE, NULL);
}

static bool nats_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	const char *line = heard->data, *end;
	size_t left = heard->len;

	if (heard->turn == 0 && dialog_begins(heard, "INFO ") == DIALOG_NO && dialog_begins(heard, "-ERR") == DIALOG_NO)
		*outcome = outcome_make(OUTCOME_GARBLED, "it does not begin with INFO");
	for (; outcome->kind == OUTCOME_NONE && (end = memchr(line, '\n', left)); line = end + 1) {
		*outcome = nats_read_line(target, heard->turn, line, (size_t)(end - line));
		left -= (size_t)(end + 1 - line);
	}
	if (outcome->kind == OUTCOME_READY && heard->turn == 0 && nats_has_password(target)) {
		nats_say_login(target, out);
		return false;
	}
	return outcome->kind != OUTCOME_NONE;
}

static const struct dialog nats_dialog = {.judge = nats_judge};

static const struct protocol nats_protocol = {
	.dialog = &nats_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = nats_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_nats = {
	.name = "nats",
	.summary = "NATS sends INFO, with a password: lets the client in",
	.example = "nats://host:4222",
	.default_port = 4222,
	.claims_port = true,
	.takes_credentials = true,
	.protocol = &nats_protocol,
};
