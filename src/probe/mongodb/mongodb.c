/*
 * MongoDB: ready when it answers hello as a primary or a secondary; with ?replicaSet=NAME: as the primary of that set.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ (OP_MSG), .../reference/command/hello/
 */
#include <stddef.h>
#include <string.h>

#include "attempt/dialog.h"
#include "probe/mongodb/bson.h"
#include "target/scheme.h"

struct mongodb_params {
	const char *replica_set; /* NULL: any server will do */
	enum { MONGODB_NO_TLS, MONGODB_TLS } tls, ssl;
};

static const struct options_row mongodb_rows[] = {
	{
		.key = "replicaSet",
		.type = OPTIONS_TEXT,
		.arg = "NAME",
		.offset = offsetof(struct mongodb_params, replica_set),
		.help = "the server must be the primary of this replica set",
	},
	{
		.key = "tls",
		.type = OPTIONS_WORD,
		.choices = "false|true",
		.offset = offsetof(struct mongodb_params, tls),
		.help = "true is refused: TLS is not spoken",
	},
	{
		.key = "ssl",
		.type = OPTIONS_WORD,
		.choices = "false|true",
		.offset = offsetof(struct mongodb_params, ssl),
		.help = "the same",
	},
};
static const struct options_table mongodb_table = {mongodb_rows, sizeof(mongodb_rows) / sizeof(mongodb_rows[0])};

/* https://www.mongodb.com/docs/manual/reference/connection-string-options/, and what drivers and libraries add to them. */
static const char mongodb_ignored[] =
	"appName authMechanism *authMechanismProperties authSource compressors connectTimeoutMS directConnection fsync "
	"gssapiServiceName heartbeatFrequencyMS j journal loadBalanced localThresholdMS maxConnecting maxIdleTimeMS "
	"maxPoolSize maxStalenessSeconds minPoolSize proxyHost *proxyPassword proxyPort proxyUsername readConcernLevel "
	"readPreference readPreferenceTags retryReads retryWrites safe serverMonitoringMode serverSelectionTimeoutMS "
	"serverSelectionTryOnce socketTimeoutMS srvMaxHosts srvServiceName timeoutMS tlsAllowInvalidCertificates "
	"tlsAllowInvalidHostnames tlsCAFile tlsCertificateKeyFile *tlsCertificateKeyFilePassword "
	"tlsDisableCertificateRevocationCheck tlsDisableOCSPEndpointCheck tlsInsecure uuidRepresentation w "
	"waitQueueMultiple waitQueueSize waitQueueTimeoutMS wTimeout wTimeoutMS zlibCompressionLevel "
	"autoReconnect family keepAlive maxTimeMS monitorCommands poolSize slaveOk tz_aware useNewUrlParser "
	"useUnifiedTopology";

static int mongodb_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct mongodb_params *params = target->params.fields;

	(void)env;
	(void)log;
	if (target->scheme_name && strcmp(target->scheme_name, "mongodb+srv") == 0)
		return errors_set(err, "mongodb+srv:// finds the hosts in DNS, which waitfor does not; write "
				       "mongodb://host1,host2/?replicaSet=NAME");
	if (params->tls == MONGODB_TLS || params->ssl == MONGODB_TLS)
		return errors_set(err,
				  "TLS is not spoken with mongodb:// yet; write tcp://host:27017 to wait for the port");
	return dialog_check_host(target, err);
}

/* Lengths and numbers of the header: length of all, our number, the number that is answered, and the kind. */
enum { MONGODB_HEADER = 16, MONGODB_FLAGS = 4, MONGODB_OP_MSG = 2013 };

/*
 * One OP_MSG each: header, flags, a section of kind 0, and in it { hello: 1, $db: "admin" }. Servers before 4.4.2 (and 4.2.10,
 * 4.0.21, 3.6.21) know isMaster only. Both need no login. The zero byte at the end of the literals is the document's.
 */
static const char mongodb_hello[] = "\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0"
				    "\x1f\0\0\0\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0";
static const char mongodb_is_master[] = "\x37\0\0\0\2\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0"
					"\x22\0\0\0\x10isMaster\0\1\0\0\0\2$db\0\6\0\0\0admin\0";

static void mongodb_say(const struct target *target, struct buf *out)
{
	(void)target;
	buf_add(out, mongodb_hello, sizeof(mongodb_hello));
}

struct mongodb_text {
	const char *data; /* NULL: it is not there */
	size_t len;
};

/* What the reply says. */
struct mongodb_reply {
	bool ok, writable, secondary, arbiter;
	struct mongodb_text set;   /* setName */
	struct mongodb_text info;  /* why it is neither primary nor secondary */
	struct mongodb_text error; /* errmsg */
	struct mongodb_text code;  /* codeName */
};

static void mongodb_take(struct mongodb_reply *reply, const struct bson_item *item)
{
	const struct {
		const char *name;
		bool *truth;
		struct mongodb_text *text;
	} fields[] = {
		{"ok", &reply->ok, NULL},
		{"isWritablePrimary", &reply->writable, NULL},
		{"ismaster", &reply->writable, NULL}, /* the answer to isMaster */
		{"secondary", &reply->secondary, NULL},
		{"arbiterOnly", &reply->arbiter, NULL},
		{"setName", NULL, &reply->set},
		{"info", NULL, &reply->info},
		{"errmsg", NULL, &reply->error},
		{"codeName", NULL, &reply->code},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, item->name) != 0)
			continue;
		if (fields[i].truth)
			*fields[i].truth = bson_is_true(item);
		else
			fields[i].text->data = bson_text(item, &fields[i].text->len);
	}
}

/* Reads the document of len bytes. Returns false if it is none. */
static bool mongodb_read(struct mongodb_reply *reply, const char *data, size_t len)
{
	struct bson doc;
	struct bson_item item;

	*reply = (struct mongodb_reply){0};
	bson_open(&doc, data, len);
	while (bson_next(&doc, &item))
		mongodb_take(reply, &item);
	return !bson_is_broken(&doc);
}

static bool mongodb_is(const struct mongodb_text *text, const char *word)
{
	return text->data && text->len == strlen(word) && memcmp(text->data, word, text->len) == 0;
}

/* In the server's words if it has some. */
static struct outcome mongodb_not_yet(const struct target *target, const struct mongodb_text *why,
				      const char *else_words)
{
	if (why->data && why->len)
		return dialog_quote(target, OUTCOME_STARTING, why->data, why->len);
	return outcome_make(OUTCOME_STARTING, "%s", else_words);
}

static struct outcome mongodb_judge_reply(const struct target *target, const struct mongodb_reply *reply)
{
	const char *wanted = ((const struct mongodb_params *)target->params.fields)->replica_set;

	if (!reply->ok)
		return mongodb_not_yet(target, &reply->error, "it answers hello with an error");
	if (wanted && !reply->set.data && reply->writable)
		return outcome_make(OUTCOME_UNSUITABLE, "it is in no replica set");
	if (wanted && reply->set.data && !mongodb_is(&reply->set, wanted))
		return outcome_make(OUTCOME_UNSUITABLE, "it is in the replica set \"%.*s\"", (int)reply->set.len,
				    reply->set.data);
	if (reply->arbiter)
		return outcome_make(OUTCOME_UNSUITABLE, "it is an arbiter, which has no data");
	if (reply->writable || (reply->secondary && !wanted))
		return outcome_make(OUTCOME_READY, NULL);
	if (reply->secondary)
		return outcome_make(OUTCOME_UNSUITABLE, "it is not the primary");
	return mongodb_not_yet(target, &reply->info, "it is neither primary nor secondary");
}

/* May the beginning of what was heard be the header of a reply to our words of that turn? */
static bool mongodb_is_reply(const char *data, size_t len, unsigned turn)
{
	int32_t whole = len >= 4 ? bson_int32(data) : MONGODB_HEADER + MONGODB_FLAGS + 1;

	return whole > MONGODB_HEADER + MONGODB_FLAGS && whole <= DIALOG_HEARD_MAX &&
	       (len < 12 || bson_int32(data + 8) == (int32_t)turn) &&
	       (len < 16 || bson_int32(data + 12) == MONGODB_OP_MSG);
}

static bool mongodb_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			  struct outcome *outcome)
{
	const size_t head = MONGODB_HEADER + MONGODB_FLAGS + 1; /* with the kind of the first section */
	struct mongodb_reply reply;
	size_t whole;

	if (!mongodb_is_reply(heard->data, heard->len, heard->turn)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no reply of MongoDB");
		return true;
	}
	if (heard->len < 4 || heard->len < (whole = (size_t)bson_int32(heard->data)))
		return false;
	if (heard->data[head - 1] != 0 || !mongodb_read(&reply, heard->data + head, whole - head)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "its reply is not BSON");
		return true;
	}
	if (!reply.ok && heard->turn == 1 && mongodb_is(&reply.code, "CommandNotFound")) {
		buf_add(out, mongodb_is_master, sizeof(mongodb_is_master));
		return false;
	}
	*outcome = mongodb_judge_reply(target, &reply);
	return true;
}

static const struct dialog mongodb_dialog = {.say = mongodb_say, .judge = mongodb_judge};

static const struct protocol mongodb_protocol = {
	.dialog = &mongodb_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = mongodb_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const mongodb_others[] = {"mongodb+srv", NULL}; /* for words of its own in mongodb_bind */

const struct scheme scheme_mongodb = {
	.name = "mongodb",
	.others = mongodb_others,
	.summary = "MongoDB is a primary or secondary; with ?replicaSet=NAME: the primary of that set",
	.example = "mongodb://host:27017",
	.default_port = 27017,
	.lists_hosts = true,
	.claims_port = true,
	.params = &mongodb_table,
	.params_size = sizeof(struct mongodb_params),
	.ignored = mongodb_ignored,
	.protocol = &mongodb_protocol,
};
