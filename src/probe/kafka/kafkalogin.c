#include "probe/kafka/kafkalogin.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "probe/scram.h"

enum { KAFKALOGIN_HANDSHAKE = 17, KAFKALOGIN_AUTHENTICATE = 36 };

/* Error codes. */
enum { KAFKALOGIN_NO_MECHANISM = 33, KAFKALOGIN_NO_LOGIN = 34, KAFKALOGIN_WRONG = 58 };

/* The target's plan. */
struct kafkalogin_plan {
	enum kafkalogin_mechanism mechanism;
	struct scram_key key;
};

static const char *const kafkalogin_names[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

void kafkalogin_bind(struct target *target, enum kafkalogin_mechanism mechanism)
{
	struct kafkalogin_plan *plan = alloc_zero(1, sizeof(*plan));

	plan->mechanism = mechanism;
	target->plan = plan;
}

void kafkalogin_unbind(struct target *target)
{
	free(target->plan);
	target->plan = NULL;
}

/* Kafka prepares neither names nor passwords (org.apache.kafka.common.security.scram.internals.ScramFormatter). */
static struct scram kafkalogin_scram(const struct kafkatalk *talk)
{
	struct kafkalogin_plan *plan = talk->target->plan;

	return (struct scram){
		.kind = plan->mechanism == KAFKALOGIN_SHA256 ? DIGEST_SHA256 : DIGEST_SHA512,
		.user = talk->target->user,
		.password = talk->target->password,
		.random = talk->heard->random,
		.random_len = DIALOG_RANDOM,
		.key = &plan->key,
	};
}

void kafkalogin_begin(struct kafkatalk *talk)
{
	const struct kafkalogin_plan *plan = talk->target->plan;
	struct buf body = {0};

	if (!target_has_user(talk->target)) {
		*talk->outcome = outcome_make(OUTCOME_DENIED, "there is a password, but no user");
		return;
	}
	kafkatalk_add_text(&body, kafkalogin_names[plan->mechanism]);
	kafkatalk_ask(talk, KAFKALOGIN_HANDSHAKE, 1, &body);
	talk->stage = KAFKATALK_HANDSHAKE;
}

/* Asks with the words of the mechanism, which are released. */
static void kafkalogin_ask(struct kafkatalk *talk, struct buf *words)
{
	struct buf body = {0};

	number_add(&body, (uint32_t)words->len, 4);
	buf_add(&body, words->data, words->len);
	kafkatalk_ask(talk, KAFKALOGIN_AUTHENTICATE, 0, &body);
	buf_release(words);
}

static void kafkalogin_start(struct kafkatalk *talk)
{
	const struct kafkalogin_plan *plan = talk->target->plan;
	struct scram scram = kafkalogin_scram(talk);
	struct buf words = {0};

	if (plan->mechanism == KAFKALOGIN_PLAIN) {
		number_add(&words, 0, 1);
		buf_add(&words, scram.user, strlen(scram.user) + 1);
		buf_add_text(&words, scram.password);
	} else {
		scram_begin(&scram, &words);
	}
	kafkalogin_ask(talk, &words);
	talk->stage = plan->mechanism == KAFKALOGIN_PLAIN ? KAFKATALK_PROOF : KAFKATALK_CHALLENGE;
}

/* Reads the mechanisms that the broker has. The caller frees the list. */
static char *kafkalogin_read_names(struct kafkatalk_reply *reply)
{
	struct buf names = {0};
	size_t len;

	for (int32_t count = kafkatalk_count(reply, 2); count-- > 0;) {
		const char *name = kafkatalk_text(reply, 2, &len);

		buf_add_text(&names, names.len ? ", " : "");
		buf_add(&names, name, len);
	}
	return buf_detach(&names);
}

/* An error code, and the mechanisms. The password was not sent yet. */
static void kafkalogin_shaken(struct kafkatalk *talk)
{
	const struct kafkalogin_plan *plan = talk->target->plan;
	int32_t code = kafkatalk_read(&talk->reply, 2);
	char *names = kafkalogin_read_names(&talk->reply);

	if (talk->reply.broken)
		*talk->outcome = kafkatalk_garbled();
	else if (code == KAFKALOGIN_NO_MECHANISM)
		*talk->outcome = outcome_make(OUTCOME_UNSUITABLE,
					      "the broker takes no login by %s; sasl= may name another one of its: %s",
					      kafkalogin_names[plan->mechanism], names);
	else if (code == KAFKALOGIN_NO_LOGIN)
		*talk->outcome = outcome_make(OUTCOME_UNSUITABLE, "the listener takes no login");
	else if (code)
		*talk->outcome = outcome_make(OUTCOME_STARTING, "it answers SaslHandshake with error %d", code);
	else
		kafkalogin_start(talk);
	free(names);
}

/* The words of the mechanism. Returns true after the last ones. */
static bool kafkalogin_read(struct kafkatalk *talk, const char *said, size_t len)
{
	struct scram scram = kafkalogin_scram(talk);
	struct outcome found = outcome_make(OUTCOME_READY, NULL);
	struct buf words = {0};
	bool proves = talk->stage == KAFKATALK_CHALLENGE;

	if (proves)
		found = scram_answer(&scram, said, len, &words, &talk->proof);
	else if (talk->proof.len)
		found = scram_check(&talk->proof, said, len);
	if (found.kind != OUTCOME_READY) {
		*talk->outcome = found;
		return false;
	}
	if (proves)
		kafkalogin_ask(talk, &words);
	talk->stage = KAFKATALK_PROOF;
	return !proves;
}

/* An error code, a text that says why, and the words of the mechanism. */
bool kafkalogin_go_on(struct kafkatalk *talk)
{
	size_t why_len, len;
	const char *why, *said;
	enum outcome_kind kind;
	int32_t code;

	if (talk->stage == KAFKATALK_HANDSHAKE) {
		kafkalogin_shaken(talk);
		return false;
	}
	code = kafkatalk_read(&talk->reply, 2);
	why = kafkatalk_text(&talk->reply, 2, &why_len);
	said = kafkatalk_text(&talk->reply, 4, &len);
	kind = code == KAFKALOGIN_WRONG ? OUTCOME_DENIED : OUTCOME_STARTING;
	if (talk->reply.broken)
		*talk->outcome = kafkatalk_garbled();
	else if (code && why_len)
		*talk->outcome = dialog_quote(talk->target, kind, why, why_len);
	else if (code)
		*talk->outcome = outcome_make(kind, "it answers SaslAuthenticate with error %d", code);
	else
		return kafkalogin_read(talk, said, len);
	return false;
}
