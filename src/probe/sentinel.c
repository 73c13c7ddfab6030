/*
 * redis+sentinel://host/master: a Sentinel names the master of that name, and there Redis answers that it is one. A Sentinel
 * may name the old master for a while (FACTS 32), so that is asked itself.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
 */
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/percent.h"
#include "probe/redis.h"
#include "target/scheme.h"

/* Bytes. Longer ones would be no host, and no port. */
enum { SENTINEL_WORD_MAX = 256 };

static const struct options_table sentinel_table = {&redis_rows[REDIS_ROW_KEY], 1};

static int sentinel_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct redis_params *params = target->params.fields;
	const char *name = target->tail + (target->tail[0] == '/');
	size_t len = strcspn(name, "/?");

	(void)env;
	(void)log;
	target->subject = len ? percent_decode(name, len) : NULL;
	if (!target->subject)
		return errors_set(err, "the name of the master is missing; write %s", target->scheme->example);
	target->is_elsewhere = true;
	params->role = REDIS_MASTER;
	return redis_bind_params(target, name + len, err);
}

static void sentinel_ask(const struct target *target, struct buf *out)
{
	redis_command(out, (const char *const[]){"SENTINEL", "get-master-addr-by-name", target->subject, NULL});
}

/* Takes "$9\r\n127.0.0.1\r\n" off the front. Returns 1 with the word, 0 if it is not whole, -1 if it is none. */
static int sentinel_take_word(const char **data, size_t *len, char *word)
{
	const char *line_end = memchr(*data, '\n', *len);
	size_t head = line_end ? (size_t)(line_end + 1 - *data) : 0;
	size_t length = line_end && **data == '$' ? (size_t)number_digits(*data + 1, head - 1) : 0;

	if ((*len && **data != '$') || (line_end && (!length || length >= SENTINEL_WORD_MAX)))
		return -1;
	if (!line_end || *len - head < length + 2)
		return 0;
	memcpy(word, *data + head, length);
	word[length] = '\0';
	*data += head + length + 2;
	*len -= head + length + 2;
	return 1;
}

/* Reads "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n". Returns 1 with host and port, 0 if it is not whole, -1 if it is not that. */
static int sentinel_read_place(const struct dialog_heard *heard, char *host, uint16_t *port)
{
	enum dialog_match pair = dialog_begins(heard, "*2\r\n");
	char digits[SENTINEL_WORD_MAX];
	struct error ignored;
	const char *data;
	size_t len;
	int got;

	if (pair != DIALOG_YES)
		return pair == DIALOG_NO ? -1 : 0;
	data = heard->data + 4;
	len = heard->len - 4;
	got = sentinel_take_word(&data, &len, host);
	got = got > 0 ? sentinel_take_word(&data, &len, digits) : got;
	return got > 0 && endpoint_parse_port(digits, strlen(digits), port, &ignored) ? -1 : got;
}

/* An error line that is whole. Returns false if something was said to it. */
static bool sentinel_judge_error(const struct target *target, const struct dialog_heard *heard, struct buf *out,
				 struct outcome *outcome)
{
	bool asks = dialog_begins(heard, "-NOAUTH") == DIALOG_YES;
	bool denies = asks || heard->turn == 2 || dialog_begins(heard, "-NOPERM") == DIALOG_YES;

	if (asks && heard->turn == 1 && target_has_password(target)) {
		/* A password of the Sentinel's own is mostly the master's, which it has in its configuration. */
		redis_command(out, (const char *const[]){"AUTH", target->password, NULL});
		return false;
	}
	*outcome = dialog_quote(target,
				denies                                                  ? OUTCOME_DENIED
				: dialog_begins(heard, "-ERR max number") == DIALOG_YES ? OUTCOME_FULL
											: OUTCOME_UNSUITABLE,
				heard->data + 1, heard->len - 1);
	return true;
}

static bool sentinel_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			   struct outcome *outcome)
{
	char host[SENTINEL_WORD_MAX];
	uint16_t port;
	int got;

	if (heard->len && *heard->data == '-')
		return memchr(heard->data, '\n', heard->len) && sentinel_judge_error(target, heard, out, outcome);
	if (heard->turn == 2) { /* the login; the first reply was an error */
		if (dialog_begins(heard, "+OK\r\n") == DIALOG_YES)
			sentinel_ask(target, out);
		else if (dialog_begins(heard, "+OK\r\n") == DIALOG_NO)
			*outcome = outcome_make(OUTCOME_GARBLED, "it is not OK");
		return outcome->kind != OUTCOME_NONE;
	}
	got = sentinel_read_place(heard, host, &port);
	if (dialog_begins(heard, "*-1\r\n") == DIALOG_YES)
		*outcome = outcome_make(OUTCOME_STARTING, "this Sentinel knows no master \"%.100s\"", target->subject);
	else if (got > 0)
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else if (got < 0 && dialog_begins(heard, "*-1\r\n") == DIALOG_NO)
		*outcome = outcome_make(OUTCOME_GARBLED, "it names no host and port");
	return outcome->kind != OUTCOME_NONE;
}

static bool sentinel_refer(struct probe *probe, const struct dialog_heard *heard)
{
	char host[SENTINEL_WORD_MAX];
	uint16_t port;

	return sentinel_read_place(heard, host, &port) > 0 && probe_refer(probe, host, port);
}

static const struct dialog sentinel_dialog = {.say = sentinel_ask, .judge = sentinel_judge, .refer = sentinel_refer};

static const struct protocol sentinel_protocol = {
	.dialog = &sentinel_dialog,
	.state_size = sizeof(struct dialog_state),
	.found = &redis_protocol,
	.bind = sentinel_bind,
	.unbind = redis_unbind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const sentinel_others[] = {"valkey+sentinel", NULL};

const struct scheme scheme_redis_sentinel = {
	.name = "redis+sentinel",
	.others = sentinel_others,
	.summary = "a Sentinel names a master, which answers that it is one; ?key",
	.example = "redis+sentinel://host:26379/master",
	.default_port = 26379,
	.tls = SCHEME_TLS, /* to the Sentinel and to the master */
	.tls_name = "rediss+sentinel",
	.lists_hosts = true,
	.params = &sentinel_table,
	.params_size = sizeof(struct redis_params),
	.takes_credentials = true,
	.protocol = &sentinel_protocol,
};
