/*
 * Kafka: ready when a broker names the brokers of its cluster; with ?topic=NAME: and each partition of it has a leader.
 * https://kafka.apache.org/protocol: ApiVersions (18) version 0, Metadata (3) version 4.
 */
#include <stddef.h>
#include <string.h>

#include "attempt/dialog.h"
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
};

static const struct options_row kafka_row = {
	.key = "topic",
	.type = OPTIONS_TEXT,
	.arg = "NAME",
	.offset = offsetof(struct kafka_params, topic),
	.help = "this topic must exist, and each of its partitions have a leader",
};
static const struct options_table kafka_table = {&kafka_row, 1};

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
	return dialog_bind(target, env, log, err);
}

static void kafka_add(struct buf *out, uint32_t number, int bytes)
{
	while (bytes-- > 0) {
		char byte = (char)(number >> 8 * bytes);

		buf_add(out, &byte, 1);
	}
}

static void kafka_add_text(struct buf *out, const char *text)
{
	kafka_add(out, (uint32_t)strlen(text), 2);
	buf_add_text(out, text);
}

/* Adds a request: its length, its header, and the body, which is released. The number of each is that of its turn. */
static void kafka_request(struct buf *out, int key, int version, uint32_t number, struct buf *body)
{
	struct buf header = {0};

	kafka_add(&header, (uint32_t)key, 2);
	kafka_add(&header, (uint32_t)version, 2);
	kafka_add(&header, number, 4);
	kafka_add_text(&header, "waitfor");
	kafka_add(out, (uint32_t)(header.len + body->len), 4);
	buf_add(out, header.data, header.len);
	if (body->len)
		buf_add(out, body->data, body->len);
	buf_release(&header);
	buf_release(body);
}

static void kafka_say(const struct target *target, struct buf *out)
{
	struct buf body = {0};

	(void)target;
	kafka_request(out, KAFKA_API_VERSIONS, 0, 1, &body);
}

/* The topics that are asked about, and whether they may be created. */
static void kafka_ask_metadata(const struct target *target, struct buf *out)
{
	const char *topic = kafka_topic(target);
	struct buf body = {0};

	kafka_add(&body, topic ? 1 : 0, 4);
	if (topic)
		kafka_add_text(&body, topic);
	kafka_add(&body, 0, 1);
	kafka_request(out, KAFKA_METADATA, KAFKA_METADATA_VERSION, 2, &body);
}

/* What is left of a reply. */
struct kafka_reply {
	const char *at;
	size_t left;
	bool broken; /* more was read than there was; all that is read then is 0 */
};

static void kafka_skip(struct kafka_reply *reply, size_t len)
{
	reply->broken |= len > reply->left;
	if (reply->broken)
		len = reply->left;
	reply->at += len;
	reply->left -= len;
}

/* Reads a number of so many bytes, the highest first; a set highest bit makes it negative. */
static int32_t kafka_read(struct kafka_reply *reply, size_t bytes)
{
	const char *at = reply->at;
	uint32_t number = 0;

	kafka_skip(reply, bytes);
	if (reply->broken)
		return 0;
	number = (signed char)*at < 0 ? UINT32_MAX : 0;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | (unsigned char)at[i];
	return (int32_t)number;
}

/* Reads the number of items that follow, each of which has size bytes or more. */
static int32_t kafka_count(struct kafka_reply *reply, size_t size)
{
	int32_t count = kafka_read(reply, 4);

	reply->broken |= count < 0 || (size_t)count > reply->left / size;
	return reply->broken ? 0 : count;
}

/* A length of -1 is that of no text. */
static void kafka_skip_text(struct kafka_reply *reply)
{
	int32_t len = kafka_read(reply, 2);

	reply->broken |= len < -1;
	kafka_skip(reply, len > 0 ? (size_t)len : 0);
}

static struct outcome kafka_no_reply(void)
{
	return outcome_make(OUTCOME_GARBLED, "it is no reply of Kafka, or a very long one");
}

/* Error code, and the first and last version of each kind of request. READY: it speaks ours. */
static struct outcome kafka_judge_versions(struct kafka_reply *reply)
{
	int32_t code = kafka_read(reply, 2), count = kafka_count(reply, 6);
	bool speaks = false;

	while (count-- > 0) {
		int32_t key = kafka_read(reply, 2), first = kafka_read(reply, 2), last = kafka_read(reply, 2);

		speaks |= key == KAFKA_METADATA && first <= KAFKA_METADATA_VERSION && last >= KAFKA_METADATA_VERSION;
	}
	if (reply->broken)
		return kafka_no_reply();
	if (code)
		return outcome_make(OUTCOME_STARTING, "it answers ApiVersions with error %d", code);
	return speaks ? outcome_make(OUTCOME_READY, NULL)
		      : outcome_make(OUTCOME_UNSUITABLE, "it does not speak Metadata 4, which Kafka has since 0.11");
}

/* Reads the partitions of a topic; returns how many have no leader, and their number in *count. */
static int32_t kafka_leaderless(struct kafka_reply *reply, int32_t *count)
{
	int32_t without = 0;

	*count = kafka_count(reply, 2 + 4 + 4 + 4 + 4);
	for (int32_t i = 0; i < *count; i++) {
		kafka_skip(reply, 2 + 4); /* its error, and its number */
		without += kafka_read(reply, 4) < 0;
		kafka_skip(reply, 4 * (size_t)kafka_count(reply, 4)); /* replicas, and those in step */
		kafka_skip(reply, 4 * (size_t)kafka_count(reply, 4));
	}
	return without;
}

static struct outcome kafka_judge_topic(const char *topic, struct kafka_reply *reply)
{
	int32_t topics = kafka_count(reply, 2 + 2 + 1 + 4), code = kafka_read(reply, 2), count, without;

	kafka_skip_text(reply);
	kafka_skip(reply, 1); /* is it the cluster's own? */
	without = kafka_leaderless(reply, &count);
	if (topics != 1 || reply->broken)
		return kafka_no_reply();
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
static struct outcome kafka_judge_metadata(const struct target *target, struct kafka_reply *reply)
{
	int32_t brokers;

	kafka_skip(reply, 4);
	brokers = kafka_count(reply, 4 + 2 + 4 + 2);
	for (int32_t i = 0; i < brokers; i++) {
		kafka_skip(reply, 4);
		kafka_skip_text(reply);
		kafka_skip(reply, 4);
		kafka_skip_text(reply);
	}
	kafka_skip_text(reply);
	kafka_skip(reply, 4);
	if (reply->broken)
		return kafka_no_reply();
	if (!brokers)
		return outcome_make(OUTCOME_STARTING, "it knows no broker");
	return kafka_topic(target) ? kafka_judge_topic(kafka_topic(target), reply) : outcome_make(OUTCOME_READY, NULL);
}

/* The length of a reply, and the number of the request. Returns whether it is whole; *outcome is set if it is no reply. */
static bool kafka_open(struct kafka_reply *reply, const struct dialog_heard *heard, struct outcome *outcome)
{
	int32_t size = 4, number = (int32_t)heard->turn;

	*reply = (struct kafka_reply){.at = heard->data, .left = heard->len};
	if (heard->len >= 4)
		size = kafka_read(reply, 4);
	if (heard->len >= 8)
		number = kafka_read(reply, 4);
	if (size < 4 || size > DIALOG_HEARD_MAX - 4 || number != (int32_t)heard->turn) {
		*outcome = kafka_no_reply();
		return false;
	}
	if (heard->len < 8 || reply->left < (size_t)size - 4)
		return false;
	reply->left = (size_t)size - 4;
	return true;
}

static bool kafka_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			struct outcome *outcome)
{
	struct kafka_reply reply;

	if (!kafka_open(&reply, heard, outcome)) {
		/* A broker closes a connection without a login, if it wants one, at the first real request. */
		if (heard->eof && heard->turn == 2 && !heard->len)
			*outcome = outcome_make(OUTCOME_UNSUITABLE,
						"it closes the connection when asked for the brokers, as a "
						"listener with SASL does");
		return outcome->kind != OUTCOME_NONE;
	}
	if (heard->turn == 1) {
		*outcome = kafka_judge_versions(&reply);
		if (outcome->kind == OUTCOME_READY)
			kafka_ask_metadata(target, out);
		return outcome->kind != OUTCOME_READY;
	}
	*outcome = kafka_judge_metadata(target, &reply);
	return true;
}

static const struct dialog kafka_dialog = {.say = kafka_say, .judge = kafka_judge};

static const struct protocol kafka_protocol = {
	.dialog = &kafka_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = kafka_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_kafka = {
	.name = "kafka",
	.summary = "a Kafka broker names the brokers; with ?topic=NAME: the topic has leaders",
	.example = "kafka://host:9092",
	.default_port = 9092,
	.lists_hosts = true,
	.claims_port = true,
	.params = &kafka_table,
	.params_size = sizeof(struct kafka_params),
	.protocol = &kafka_protocol,
};
