/*
 * Kafka: ready when a broker names the brokers of its cluster, with a password: after a login; with ?topic=NAME: and each
 * partition of it has a leader.
 * https://kafka.apache.org/protocol: ApiVersions (18) version 0, Metadata (3) version 4.
 */
#include <stddef.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/number.h"
#include "probe/kafka/kafkalogin.h"
#include "probe/kafka/kafkatalk.h"
#include "target/scheme.h"

/*
 * Metadata of version 4, which Kafka has had since 0.11, is the first that does not create a topic which is asked for. Of a
 * request that is not spoken the broker says so, or closes the connection; so ApiVersions comes first.
 */
enum { KAFKA_METADATA = 3, KAFKA_METADATA_VERSION = 4, KAFKA_API_VERSIONS = 18 };

/* Error codes. */
enum { KAFKA_NO_TOPIC = 3, KAFKA_NO_LEADER = 5, KAFKA_TOPIC_DENIED = 29 };

enum { KAFKA_TOPIC_MAX = 249 };

struct kafka_params {
	const char *topic; /* NULL: none is asked for */
	int mechanism;     /* enum kafkalogin_mechanism */
};

static const struct options_row kafka_rows[] = {
	{
		.key = "topic",
		.type = OPTIONS_TEXT,
		.arg = "NAME",
		.offset = offsetof(struct kafka_params, topic),
		.help = "this topic must exist, and each of its partitions have a leader",
	},
	{
		.key = "sasl",
		.type = OPTIONS_WORD,
		.choices = KAFKALOGIN_MECHANISMS,
		.arg = "MECHANISM",
		.offset = offsetof(struct kafka_params, mechanism),
		.help = "log in by PLAIN (the default), SCRAM-SHA-256 or SCRAM-SHA-512",
	},
};
static const struct options_table kafka_table = {kafka_rows, sizeof(kafka_rows) / sizeof(kafka_rows[0])};

static const char *kafka_topic(const struct target *target)
{
	return ((const struct kafka_params *)target->params.fields)->topic;
}

/* A broker refuses other names (org.apache.kafka.common.internals.Topic). */
static int kafka_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *topic = kafka_topic(target);

	if (topic && (topic[strspn(topic, allowed)] || strlen(topic) > KAFKA_TOPIC_MAX))
		return errors_set(err, "topic: a name has letters, digits, '.', '_' and '-', and at most %d of them",
				  KAFKA_TOPIC_MAX);
	if (dialog_bind(target, env, log, err))
		return -1;
	target->not_held = "a broker sends clients to the addresses of all brokers";
	kafkalogin_bind(target, ((const struct kafka_params *)target->params.fields)->mechanism);
	return 0;
}

static void kafka_say(const struct target *target, struct buf *out)
{
	struct buf body = {0};

	(void)target;
	kafkatalk_add(out, 1, KAFKA_API_VERSIONS, 0, &body);
}

/* The topics that are asked about, and whether they may be created. */
static void kafka_ask_metadata(struct kafkatalk *talk)
{
	const char *topic = kafka_topic(talk->target);
	struct buf body = {0};

	number_add(&body, topic ? 1 : 0, 4);
	if (topic)
		kafkatalk_add_text(&body, topic);
	number_add(&body, 0, 1);
	kafkatalk_ask(talk, KAFKA_METADATA, KAFKA_METADATA_VERSION, &body);
	talk->stage = KAFKATALK_METADATA;
}

/* Error code, and the first and last version of each kind of request. READY: it speaks ours. */
static struct outcome kafka_judge_versions(struct kafkatalk_reply *reply)
{
	int32_t code = kafkatalk_read(reply, 2), count = kafkatalk_count(reply, 6);
	bool speaks = false;

	while (count-- > 0) {
		int32_t key = kafkatalk_read(reply, 2), first = kafkatalk_read(reply, 2),
			last = kafkatalk_read(reply, 2);

		speaks |= key == KAFKA_METADATA && first <= KAFKA_METADATA_VERSION && last >= KAFKA_METADATA_VERSION;
	}
	if (reply->broken)
		return kafkatalk_garbled();
	if (code)
		return outcome_make(OUTCOME_STARTING, "it answers ApiVersions with error %d", code);
	return speaks ? outcome_make(OUTCOME_READY, NULL)
		      : outcome_make(OUTCOME_UNSUITABLE, "it does not speak Metadata 4, which Kafka has since 0.11");
}

/* Reads the partitions of a topic; returns how many have no leader, and their number in *count. */
static int32_t kafka_leaderless(struct kafkatalk_reply *reply, int32_t *count)
{
	int32_t without = 0;

	*count = kafkatalk_count(reply, 2 + 4 + 4 + 4 + 4);
	for (int32_t i = 0; i < *count; i++) {
		kafkatalk_skip(reply, 2 + 4); /* its error, and its number */
		without += kafkatalk_read(reply, 4) < 0;
		kafkatalk_skip(reply, 4 * (size_t)kafkatalk_count(reply, 4)); /* replicas, and those in step */
		kafkatalk_skip(reply, 4 * (size_t)kafkatalk_count(reply, 4));
	}
	return without;
}

static struct outcome kafka_judge_topic(const char *topic, struct kafkatalk_reply *reply)
{
	int32_t topics = kafkatalk_count(reply, 2 + 2 + 1 + 4), code = kafkatalk_read(reply, 2), count, without;
	size_t len;

	kafkatalk_text(reply, 2, &len);
	kafkatalk_skip(reply, 1); /* is it the cluster's own? */
	without = kafka_leaderless(reply, &count);
	if (topics != 1 || reply->broken)
		return kafkatalk_garbled();
	if (code == KAFKA_NO_TOPIC)
		return outcome_make(OUTCOME_STARTING, "there is no topic %s", topic);
	if (code == KAFKA_TOPIC_DENIED)
		return outcome_make(OUTCOME_DENIED, "topic %s is not for everybody", topic);
	if (code && code != KAFKA_NO_LEADER)
		return outcome_make(OUTCOME_STARTING, "topic %s: error %d", topic, code);
	if (!count || without || code)
		return outcome_make(OUTCOME_STARTING, "topic %s: %d of %d partitions have no leader", topic, without,
				    count);
	return outcome_make(OUTCOME_READY, NULL);
}

/* A pause that is asked for, the brokers, the cluster's name and controller, and the topics. */
static struct outcome kafka_judge_metadata(const struct target *target, struct kafkatalk_reply *reply)
{
	int32_t brokers;
	size_t len;

	kafkatalk_skip(reply, 4);
	brokers = kafkatalk_count(reply, 4 + 2 + 4 + 2);
	for (int32_t i = 0; i < brokers; i++) {
		kafkatalk_skip(reply, 4);
		kafkatalk_text(reply, 2, &len);
		kafkatalk_skip(reply, 4);
		kafkatalk_text(reply, 2, &len);
	}
	kafkatalk_text(reply, 2, &len);
	kafkatalk_skip(reply, 4);
	if (reply->broken)
		return kafkatalk_garbled();
	if (!brokers)
		return outcome_make(OUTCOME_STARTING, "it knows no broker");
	return kafka_topic(target) ? kafka_judge_topic(kafka_topic(target), reply) : outcome_make(OUTCOME_READY, NULL);
}

/* The answer to ApiVersions, then to each part of a login, then to Metadata. */
static void kafka_go_on(struct kafkatalk *talk)
{
	struct outcome found;

	if (talk->stage == KAFKATALK_METADATA) {
		*talk->outcome = kafka_judge_metadata(talk->target, &talk->reply);
		return;
	}
	if (talk->stage != KAFKATALK_VERSIONS) {
		if (kafkalogin_go_on(talk))
			kafka_ask_metadata(talk);
		return;
	}
	found = kafka_judge_versions(&talk->reply);
	if (found.kind != OUTCOME_READY)
		*talk->outcome = found;
	else if (target_has_password(talk->target))
		kafkalogin_begin(talk);
	else
		kafka_ask_metadata(talk);
}

/*
 * A broker closes a connection without a login, if it wants one, at the first real request. Kafka says why a login fails, but
 * not all that speak like it do.
 */
static struct outcome kafka_judge_end(const struct kafkatalk *talk)
{
	if (talk->stage == KAFKATALK_CHALLENGE || talk->stage == KAFKATALK_PROOF)
		return outcome_make(OUTCOME_STARTING, "the broker closed after the login; is the password right?");
	if (talk->stage == KAFKATALK_METADATA && !target_has_password(talk->target))
		return outcome_make(OUTCOME_UNSUITABLE, "it closes the connection when asked for the brokers, as a "
							"listener with SASL does");
	return outcome_make(OUTCOME_NONE, NULL);
}

static bool kafka_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			struct outcome *outcome)
{
	struct kafkatalk talk = {.target = target, .heard = heard, .out = out, .outcome = outcome};

	while (outcome->kind == OUTCOME_NONE && !out->len && kafkatalk_take(&talk))
		kafka_go_on(&talk);
	buf_release(&talk.proof);
	if (outcome->kind == OUTCOME_NONE && heard->eof && talk.taken == heard->len)
		*outcome = kafka_judge_end(&talk);
	return outcome->kind != OUTCOME_NONE;
}

static const struct dialog kafka_dialog = {.say = kafka_say,
					   .judge = kafka_judge,
					   .remembers = true,
					   .draws_random = true};

static const struct protocol kafka_protocol = {
	.dialog = &kafka_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = kafka_bind,
	.unbind = kafkalogin_unbind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_kafka = {
	.name = "kafka",
	.summary = "a Kafka broker names the brokers; with ?topic=NAME: the topic has leaders",
	.example = "kafka://host:9092",
	.default_port = 9092,
	.tls = SCHEME_TLS,
	.lists_hosts = true,
	.claims_port = true,
	.takes_credentials = true,
	.params = &kafka_table,
	.params_size = sizeof(struct kafka_params),
	.protocol = &kafka_protocol,
};
