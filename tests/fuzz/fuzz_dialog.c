/*
 * The judge of every protocol that is a dialog. The input is a target, its variables, an empty line, and what the
 * service sends: parts with 0xff 'T' 'U' 'R' 'N' between them, of which each answers the words before it. Whatever a
 * judge does with the beginning of a part, it does the same with all of it, and it is pure.
 * Covers: src/probe/amqp.c src/probe/cassandra.c src/probe/imap.c src/probe/ldap.c src/probe/memcached.c
 * Covers: src/probe/mqtt.c src/probe/nats.c src/probe/redis.c src/probe/sentinel.c src/probe/smtp.c
 * Covers: src/probe/ssh.c src/probe/tcpcheck.c src/probe/zookeeper.c src/probe/scram.c src/probe/mysql
 * Covers: src/probe/mongodb src/probe/kafka
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "target/scheme.h"

#define TURN "\xffTURN"

/* What a judge made of some bytes. */
struct act {
	bool decided;
	struct outcome outcome;
	struct buf words;
};

struct talk {
	const struct target *target;
	const struct dialog *dialog;
	struct buf heard;
	unsigned turn;
	bool has_secret; /* FUZZ_SECRET is the password, and nothing else is */
};

static struct act judge(const struct talk *talk, size_t len, bool eof)
{
	static const unsigned char random[DIALOG_RANDOM] = "eighteen bytes, ab";
	/* A block of exactly this size, so that a read beyond its end is noticed. */
	char *copy = alloc_zero(len ? len : 1, 1);
	struct dialog_heard heard = {.data = copy, .len = len, .eof = eof, .turn = talk->turn, .random = random};
	struct act act = {0};

	if (len)
		memcpy(copy, talk->heard.data, len);
	act.decided = talk->dialog->judge(talk->target, &heard, &act.words, &act.outcome);
	if (act.decided)
		fuzz_check(act.outcome.kind > OUTCOME_NONE && act.outcome.kind < OUTCOME_KINDS, NULL);
	else if (len && talk->dialog->late)
		act.outcome = talk->dialog->late(talk->target, &heard);
	fuzz_check(memchr(act.outcome.detail, 0, sizeof(act.outcome.detail)), NULL);
	if (talk->has_secret)
		fuzz_check_hidden(act.outcome.detail);
	free(copy);
	return act;
}

static bool acts(const struct act *act)
{
	return act->decided || act->words.len;
}

static void check_same(const struct act *a, const struct act *b)
{
	fuzz_check(a->decided == b->decided, b->outcome.detail);
	fuzz_check(a->words.len == b->words.len &&
			   (!a->words.len || memcmp(a->words.data, b->words.data, a->words.len) == 0),
		   b->words.data);
	if (!a->decided)
		return;
	fuzz_check(a->outcome.kind == b->outcome.kind, b->outcome.detail);
}

/* Judges len bytes twice. */
static struct act judge_twice(const struct talk *talk, size_t len, bool eof)
{
	struct act act = judge(talk, len, eof), again = judge(talk, len, eof);

	check_same(&act, &again);
	fuzz_check(strcmp(act.outcome.detail, again.outcome.detail) == 0, act.outcome.detail);
	buf_release(&again.words);
	return act;
}

/*
 * Does it matter what stands behind the words that make the judge act? An error may follow NATS's INFO: a judge that hears
 * both at once says nothing, or other words.
 */
static bool looks_behind(const struct talk *talk)
{
	return strcmp(talk->target->scheme->name, "nats") == 0;
}

/*
 * Lets the judge hear a part, in pieces until it acts, and then at once. Returns whether the talk goes on. The pieces are
 * bytes at first and grow then, because a login takes milliseconds under the sanitizers.
 */
static bool hear(struct talk *talk, const char *part, size_t len)
{
	size_t before = talk->heard.len, at = before;
	struct act act = {0}, whole;
	bool goes_on;

	buf_add(&talk->heard, part, len);
	while (!acts(&act) && at < talk->heard.len) {
		buf_release(&act.words);
		at += 1 + (at - before) / 32;
		at = at < talk->heard.len ? at : talk->heard.len;
		act = judge(talk, at, false);
	}
	whole = judge_twice(talk, talk->heard.len, false);
	if (at == talk->heard.len || !looks_behind(talk))
		check_same(&act, &whole);
	goes_on = !act.decided && act.words.len;
	if (goes_on) {
		talk->turn++;
		if (talk->dialog->remembers)
			talk->heard.len = at;
		else
			buf_release(&talk->heard);
	}
	if (!acts(&act)) {
		struct act end = judge_twice(talk, talk->heard.len, true);

		buf_release(&end.words);
	}
	buf_release(&whole.words);
	buf_release(&act.words);
	return goes_on;
}

static void converse(struct talk *talk, const struct fuzz *in)
{
	const char *at = in->at, *end = in->at + in->left, *next;
	struct buf words = {0};
	bool goes_on = true;

	if (talk->dialog->say)
		talk->dialog->say(talk->target, &words);
	talk->turn = words.len > 0;
	buf_release(&words);
	for (; goes_on && at && at < end; at = next) {
		next = memmem(at, (size_t)(end - at), TURN, strlen(TURN));
		goes_on = hear(talk, at, (size_t)((next ? next : end) - at));
		next = next ? next + strlen(TURN) : NULL;
	}
	buf_release(&talk->heard);
}

/* Returns the dialog that asks the target; NULL: none does. A target of tcp:// is one only with parameters. */
static const struct dialog *dialog_of(const struct target *target)
{
	const struct dialog *dialog = probe_protocol(target, false)->dialog;

	return strcmp(target->scheme->name, "tcp") == 0 && !target->plan ? NULL : dialog;
}

static bool has_secret(const struct target *target)
{
	const char *first = strstr(target->url, FUZZ_SECRET);

	return first && !strstr(first + 1, FUZZ_SECRET) && target_has_password(target) &&
	       strcmp(target->password, FUZZ_SECRET) == 0;
}

void fuzz_one(struct fuzz *in)
{
	char *lines[FUZZ_LINES + 1];
	struct target target;
	struct error err = {0};
	struct env env;
	struct log log;

	log_init(&log, -1);
	if (fuzz_lines(in, lines) && target_parse(&target, lines[0], &err) == 0) {
		env_copy(&env, lines + 1);
		if (probe_bind(&target, 1, &env, &log, &err) == 0 && dialog_of(&target)) {
			struct talk talk = {
				.target = &target, .dialog = dialog_of(&target), .has_secret = has_secret(&target)};

			converse(&talk, in);
		}
		probe_unbind(&target, 1);
		target_release(&target);
		env_release(&env);
	}
	fuzz_free_lines(lines);
}
