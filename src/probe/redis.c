/*
 * Redis and what speaks like it: ready when it answers PING, and has the role,
 * the cluster and the key that are asked for. FACTS 32;
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#include "probe/redis.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/pattern.h"
#include "target/scheme.h"

/* What is asked, in this order; redis_step leaves out what the target has no
 * need of. Of the role only the beginning is read. */
enum redis_step { REDIS_AUTH, REDIS_SELECT, REDIS_PING, REDIS_CLUSTER, REDIS_KEY, REDIS_ROLE, REDIS_END };

/* target->plan; NULL if no key is asked for. */
struct redis_plan {
	char *key;
	struct pattern *value; /* NULL: the key must only exist */
};

const struct options_row redis_rows[] = {
	{.key = "role",
	 .type = OPTIONS_WORD,
	 .value = REDIS_MASTER,
	 .choices = "master|replica",
	 .offset = offsetof(struct redis_params, role),
	 .help = "the server must have this role"},
	{.key = "key",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct redis_params, key),
	 .arg = "NAME[=REGEX]",
	 .help = "this key must exist, and its text must match"},
	{.key = "cluster",
	 .type = OPTIONS_FLAG,
	 .value = 1,
	 .offset = offsetof(struct redis_params, cluster),
	 .help = "the server must be of a cluster whose state is ok"},
};
static const struct options_table redis_table = {redis_rows, sizeof(redis_rows) / sizeof(redis_rows[0])};

static int redis_bind_key(struct target *target, const char *text, struct error *err)
{
	struct redis_plan *plan = target->plan = alloc_zero(1, sizeof(*plan));
	size_t len = strcspn(text, "=");

	plan->key = alloc_slice(text, len);
	if (!len)
		return errors_set(err, "parameter key: the name is missing; write key=NAME or key=NAME=REGEX");
	if (text[len] && !(plan->value = pattern_new(text + len + 1, err)))
		return errors_prefix(err, "parameter key");
	return 0;
}

int redis_bind_params(struct target *target, const char *path, struct error *err)
{
	struct redis_params *params = target->params.fields;
	const char *database = path + (*path == '/');
	size_t digits = strspn(database, "0123456789");

	if (dialog_check_host(target, err))
		return -1;
	if (params->cluster)
		target->not_held = "a server of a cluster sends clients to the addresses of others";
	if ((database[digits] && database[digits] != '?') || digits > 9) /* more would not fit an int */
		return errors_set(err, "a database is a number of at most 9 digits; write %s/1",
				  target->scheme->example);
	params->database = (int)strtoul(database, NULL, 10);
	return params->key ? redis_bind_key(target, params->key, err) : 0;
}

static int redis_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	(void)env;
	(void)log;
	return redis_bind_params(target, target->tail, err);
}

void redis_unbind(struct target *target)
{
	struct redis_plan *plan = target->plan;

	if (!plan)
		return;
	pattern_free(plan->value);
	free(plan->key);
	free(plan);
	target->plan = NULL;
}

static const struct redis_params *redis_params(const struct target *target)
{
	return target->params.fields;
}

/* What is said at this turn, the first of which is 1. */
static enum redis_step redis_step(const struct target *target, unsigned turn)
{
	const bool wanted[] = {
		[REDIS_AUTH] = target_has_password(target),
		[REDIS_SELECT] = redis_params(target)->database != 0,
		[REDIS_PING] = true,
		[REDIS_CLUSTER] = redis_params(target)->cluster,
		[REDIS_KEY] = target->plan != NULL,
		[REDIS_ROLE] = redis_params(target)->role != REDIS_ANY_ROLE,
	};
	enum redis_step step = REDIS_AUTH;

	while (step < REDIS_END && !(wanted[step] && --turn == 0))
		step++;
	return step;
}

void redis_command(struct buf *out, const char *const *words)
{
	size_t count = 0;
	char *text;

	while (words[count])
		count++;
	text = alloc_format("*%zu\r\n", count);
	buf_add_text(out, text);
	free(text);
	for (size_t i = 0; i < count; i++) {
		text = alloc_format("$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
		buf_add_text(out, text);
		free(text);
	}
}

/* The words of a step; in AUTH a user comes before the password. */
static void redis_say_step(const struct target *target, enum redis_step step, struct buf *out)
{
	const char *user = target->user && *target->user ? target->user : NULL;
	const struct redis_plan *plan = target->plan;
	char database[12];
	const char *const words[REDIS_END][4] = {
		[REDIS_AUTH] = {"AUTH", user ? user : target->password, user ? target->password : NULL},
		[REDIS_SELECT] = {"SELECT", database},
		[REDIS_PING] = {"PING"},
		[REDIS_CLUSTER] = {"CLUSTER", "INFO"},
		[REDIS_KEY] = {plan && plan->value ? "GET" : "EXISTS", plan ? plan->key : NULL},
		[REDIS_ROLE] = {"ROLE"},
	};

	snprintf(database, sizeof(database), "%d", redis_params(target)->database);
	redis_command(out, words[step]);
}

static void redis_say(const struct target *target, struct buf *out)
{
	redis_say_step(target, redis_step(target, 1), out);
}

static bool redis_begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* What an error line means; READY: that it is up, which is all that was asked.
 */
static enum outcome_kind redis_error_kind(const struct target *target, enum redis_step step, const char *line)
{
	const struct redis_params *params = redis_params(target);
	static const char *const not_yet[] = {"LOADING", "MASTERDOWN", "BUSY", "MISCONF", "DENIED"};

	for (size_t i = 0; i < sizeof(not_yet) / sizeof(not_yet[0]); i++)
		if (redis_begins(line, not_yet[i]))
			return OUTCOME_STARTING;
	if (redis_begins(line, "ERR max number of clients reached"))
		return OUTCOME_FULL;
	if (redis_begins(line, "NOAUTH") && !target_has_password(target))
		return params->role == REDIS_ANY_ROLE && !params->cluster && !target->plan ? OUTCOME_READY
											   : OUTCOME_DENIED;
	if (redis_begins(line, "WRONGTYPE") ||
	    redis_begins(line, "MOVED")) /* no text; or another node of the cluster has it */
		return OUTCOME_UNSUITABLE;
	if (step == REDIS_CLUSTER && redis_begins(line, "ERR")) /* it is of no cluster */
		return OUTCOME_UNSUITABLE;
	if (redis_begins(line, "NOPERM") && step == REDIS_PING) /* the login was right */
		return OUTCOME_READY;
	return step == REDIS_PING ? OUTCOME_STARTING : OUTCOME_DENIED;
}

/* The role is the first word of an array, "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".
 * What follows it is not looked at. */
static struct outcome redis_read_role(const struct target *target, const char *data, size_t len)
{
	bool master = redis_params(target)->role == REDIS_MASTER;
	const char *line_end;

	for (const char *mark = "*$"; *mark; mark++) {
		if ((len && *data != *mark) || (len > 1 && (data[1] < '1' || data[1] > '9')))
			return outcome_make(OUTCOME_GARBLED, "it names no role");
		line_end = memchr(data, '\n', len);
		if (!line_end)
			return outcome_make(OUTCOME_NONE, NULL);
		len -= (size_t)(line_end + 1 - data);
		data = line_end + 1;
	}
	if (!memchr(data, '\n', len))
		return outcome_make(OUTCOME_NONE, NULL);
	if (redis_begins(data, master ? "master\r\n" : "slave\r\n"))
		return outcome_make(OUTCOME_READY, NULL);
	return outcome_make(OUTCOME_UNSUITABLE, "it is not a %s", master ? "master" : "replica");
}

/* The reply to EXISTS, ":1\r\n", or to GET, "$5\r\nready\r\n" or "$-1\r\n". The
 * value may be a secret: it is not told. */
static struct outcome redis_read_key(const struct redis_plan *plan, const char *data, size_t len)
{
	const char *line_end = memchr(data, '\n', len);
	size_t head = line_end ? (size_t)(line_end + 1 - data) : 0;
	int64_t length;

	if (len && *data != (plan->value ? '$' : ':'))
		return outcome_make(OUTCOME_GARBLED, "it tells nothing of the key");
	if (!line_end)
		return outcome_make(OUTCOME_NONE, NULL);
	length = number_digits(data + 1, head - 1);
	if (plan->value ? length < 0 : length == 0)
		return outcome_make(OUTCOME_STARTING, "the key does not exist");
	if (!plan->value)
		return outcome_make(OUTCOME_READY, NULL);
	if (len - head < (size_t)length + 2) /* a line end follows */
		return outcome_make(OUTCOME_NONE, NULL);
	if (pattern_finds(plan->value, data + head, (size_t)length, true))
		return outcome_make(OUTCOME_READY, NULL);
	return outcome_make(OUTCOME_STARTING, "the key has another value");
}

/*
 * The reply to CLUSTER INFO,
 * "$300\r\ncluster_state:ok\r\ncluster_slots_assigned:16384\r\n…":
 * https://redis.io/docs/latest/commands/cluster-info/
 */
static struct outcome redis_read_cluster(const char *data, size_t len)
{
	static const char ok[] = "cluster_state:ok\r\n", served[] = "\ncluster_slots_ok:";
	const char *line_end = memchr(data, '\n', len), *slots;
	size_t head = line_end ? (size_t)(line_end + 1 - data) : 0;
	int64_t length = line_end && *data == '$' ? number_digits(data + 1, head - 1) : 0;

	if (len && (*data != '$' || (line_end && length <= 0)))
		return outcome_make(OUTCOME_GARBLED, "it tells nothing of the cluster");
	if (!line_end || len - head < (size_t)length + 2) /* a line end follows */
		return outcome_make(OUTCOME_NONE, NULL);
	if (memmem(data + head, (size_t)length, ok, sizeof(ok) - 1))
		return outcome_make(OUTCOME_READY, NULL);
	slots = memmem(data + head, (size_t)length, served, sizeof(served) - 1);
	if (!slots || !memchr(slots + 1, '\n', (size_t)(data + len - slots) - 1))
		return outcome_make(OUTCOME_STARTING, "the cluster is not ok");
	slots += sizeof(served) - 1;
	return outcome_make(OUTCOME_STARTING, "the cluster is not ok; %" PRId64 " of 16384 slots are",
			    number_digits(slots, (size_t)(data + len - slots)));
}

/* What the reply to a step means: NONE while it is not whole, READY when the
 * next step may follow. */
static struct outcome redis_read(const struct target *target, enum redis_step step, const char *data, size_t len)
{
	const char *hoped = step == REDIS_PING ? "+PONG\r\n" : "+OK\r\n";
	enum outcome_kind kind = memchr(data, '\n', len) ? OUTCOME_READY : OUTCOME_NONE;

	if (len && *data == '-') {
		kind = kind == OUTCOME_NONE ? kind : redis_error_kind(target, step, data + 1);
		return kind > OUTCOME_READY ? dialog_quote(target, kind, data + 1, len - 1) : outcome_make(kind, NULL);
	}
	if (step == REDIS_ROLE)
		return redis_read_role(target, data, len);
	if (step == REDIS_KEY)
		return redis_read_key(target->plan, data, len);
	if (step == REDIS_CLUSTER)
		return redis_read_cluster(data, len);
	if (len && (*data != '+' || (kind == OUTCOME_READY && !redis_begins(data, hoped))))
		return outcome_make(OUTCOME_GARBLED, "it is not %.*s", (int)strcspn(hoped, "\r"), hoped);
	return outcome_make(kind, NULL);
}

static bool redis_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			struct outcome *outcome)
{
	enum redis_step next = redis_step(target, heard->turn + 1);

	*outcome = redis_read(target, redis_step(target, heard->turn), heard->data, heard->len);
	if (outcome->kind != OUTCOME_READY || next == REDIS_END)
		return outcome->kind != OUTCOME_NONE;
	redis_say_step(target, next, out);
	return false;
}

static const struct dialog redis_dialog = {.say = redis_say, .judge = redis_judge};

const struct protocol redis_protocol = {
	.dialog = &redis_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = redis_bind,
	.unbind = redis_unbind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const redis_others[] = {"valkey", "keydb", NULL};

const struct scheme scheme_redis = {
	.name = "redis",
	.others = redis_others,
	.summary = "Redis answers PING; ?role, ?key, ?cluster: that role, key, cluster",
	.example = "redis://host:6379",
	.default_port = 6379,
	.tls = SCHEME_TLS,
	.tls_name = "rediss",
	.claims_port = true,
	.params = &redis_table,
	.params_size = sizeof(struct redis_params),
	.takes_credentials = true,
	.link_password = "REDIS_PASSWORD",
	.protocol = &redis_protocol,
};
