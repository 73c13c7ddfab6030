/*
 * MongoDB: ready when it answers hello as a primary or a secondary; with ?replicaSet=NAME: as the primary of that set; with a
 * user and a password: when it lets the user in.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ (OP_MSG), .../reference/command/hello/
 */
#include <stddef.h>
#include <string.h>

#include "attempt/dialog.h"
#include "attempt/tlscheck.h"
#include "probe/mongodb/bson.h"
#include "probe/mongodb/mongologin.h"
#include "probe/mongodb/mongotalk.h"
#include "target/scheme.h"

static const struct options_row mongodb_rows[] = {
	{
		.key = "replicaSet",
		.type = OPTIONS_TEXT,
		.arg = "NAME",
		.offset = offsetof(struct mongologin_params, replica_set),
		.help = "the server must be the primary of this replica set",
	},
	{
		.key = "authSource",
		.type = OPTIONS_TEXT,
		.arg = "DATABASE",
		.offset = offsetof(struct mongologin_params, source),
		.help = "the user is of this database; without it of the path's, else of admin",
	},
	{
		.key = "authMechanism",
		.type = OPTIONS_TEXT,
		.arg = "NAME",
		.offset = offsetof(struct mongologin_params, mechanism),
		.help = "SCRAM-SHA-1 or SCRAM-SHA-256; with another one there is no login",
	},
	/* Names of the drivers for what all schemes have. */
	{
		.key = "tlsCAFile",
		.type = OPTIONS_TEXT,
		.arg = "FILE",
		.offset = offsetof(struct mongologin_params, ca_file),
		.help = "the same as cacert",
	},
	{
		.key = "tlsCertificateKeyFile",
		.type = OPTIONS_TEXT,
		.arg = "FILE",
		.offset = offsetof(struct mongologin_params, cert),
		.help = "the same as cert",
	},
	{
		.key = "tlsInsecure",
		.type = OPTIONS_FLAG,
		.value = 1,
		.offset = offsetof(struct mongologin_params, insecure),
		.help = "the same as insecure",
	},
};
static const struct options_table mongodb_table = {mongodb_rows, sizeof(mongodb_rows) / sizeof(mongodb_rows[0])};

/* https://www.mongodb.com/docs/manual/reference/connection-string-options/, and what drivers and libraries add to them. */
static const char mongodb_ignored[] =
	"appName *authMechanismProperties compressors connectTimeoutMS directConnection fsync "
	"gssapiServiceName heartbeatFrequencyMS j journal loadBalanced localThresholdMS maxConnecting maxIdleTimeMS "
	"maxPoolSize maxStalenessSeconds minPoolSize proxyHost *proxyPassword proxyPort proxyUsername readConcernLevel "
	"readPreference readPreferenceTags retryReads retryWrites safe serverMonitoringMode serverSelectionTimeoutMS "
	"serverSelectionTryOnce socketTimeoutMS srvMaxHosts srvServiceName timeoutMS tlsAllowInvalidCertificates "
	"tlsAllowInvalidHostnames *tlsCertificateKeyFilePassword tlsDisableCertificateRevocationCheck "
	"tlsDisableOCSPEndpointCheck uuidRepresentation w "
	"waitQueueMultiple waitQueueSize waitQueueTimeoutMS wTimeout wTimeoutMS zlibCompressionLevel "
	"autoReconnect family keepAlive maxTimeMS monitorCommands poolSize slaveOk tz_aware useNewUrlParser "
	"useUnifiedTopology";

/* What drivers call otherwise, and ignore without TLS. */
static void mongodb_name_files(struct target *target)
{
	const struct mongologin_params *params = target->params.fields;
	struct security *security = &target->security;

	if (!security_is_on(security))
		return;
	security->ca_file = security->ca_file ? security->ca_file : params->ca_file;
	security->cert = security->cert ? security->cert : params->cert;
	security->insecure |= params->insecure;
}

static int mongodb_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	(void)env;
	if (target->scheme_name && strcmp(target->scheme_name, "mongodb+srv") == 0)
		return errors_set(err, "mongodb+srv:// takes options from a TXT record, which waitfor does not read; "
				       "write srv+mongodb+tls://_mongodb._tcp.HOST/?replicaSet=NAME");
	if (target->endpoint_count > 1 || ((const struct mongologin_params *)target->params.fields)->replica_set)
		target->not_held = "a client of a replica set connects to the addresses that the set names";
	mongodb_name_files(target);
	if (tlscheck(target, err))
		return -1;
	return dialog_check_host(target, err) ? -1 : mongologin_bind(target, log, err);
}

/*
 * { hello: 1, $db: "admin" }, which needs no login; with a user, which mechanisms there are for one of that name. Servers before
 * 4.4.2 (and 4.2.10, 4.0.21, 3.6.21) know isMaster only.
 */
static void mongodb_add_hello(const struct target *target, const char *command, struct buf *document)
{
	size_t begin = bson_begin(document);

	bson_add_int32(document, command, 1);
	mongologin_ask_mechanisms(target, document);
	bson_add_text(document, "$db", "admin");
	bson_end(document, begin);
}

static void mongodb_say(const struct target *target, struct buf *out)
{
	struct buf document = {0};

	mongodb_add_hello(target, "hello", &document);
	mongotalk_add(out, 1, &document);
}

/* In the server's words if it has some. */
static struct outcome mongodb_not_yet(const struct target *target, const struct mongotalk_text *why,
				      const char *else_words)
{
	if (why->data && why->len)
		return dialog_quote(target, OUTCOME_STARTING, why->data, why->len);
	return outcome_make(OUTCOME_STARTING, "%s", else_words);
}

static struct outcome mongodb_judge_reply(const struct target *target, const struct mongotalk_reply *reply)
{
	const char *wanted = ((const struct mongologin_params *)target->params.fields)->replica_set;

	if (!reply->ok)
		return mongodb_not_yet(target, &reply->error, "it answers hello with an error");
	if (wanted && !reply->set.data && reply->writable)
		return outcome_make(OUTCOME_UNSUITABLE, "it is in no replica set");
	if (wanted && reply->set.data && !mongotalk_is(&reply->set, wanted))
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

/* The answer to hello or isMaster. */
static void mongodb_go_on(struct mongotalk *talk)
{
	struct buf document = {0};
	struct outcome outcome;

	if (!talk->reply.ok && talk->number == 1 && mongotalk_is(&talk->reply.code, "CommandNotFound")) {
		mongodb_add_hello(talk->target, "isMaster", &document);
		mongotalk_ask(talk, &document);
		return;
	}
	outcome = mongodb_judge_reply(talk->target, &talk->reply);
	if (outcome.kind == OUTCOME_READY && mongologin_is_wanted(talk->target))
		mongologin_begin(talk);
	else
		*talk->outcome = outcome;
}

static bool mongodb_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			  struct outcome *outcome)
{
	struct mongotalk talk = {.target = target, .heard = heard, .out = out, .outcome = outcome};

	while (outcome->kind == OUTCOME_NONE && !out->len && mongotalk_take(&talk))
		if (talk.stage == MONGOTALK_HELLO)
			mongodb_go_on(&talk);
		else
			mongologin_go_on(&talk);
	buf_release(&talk.proof);
	return outcome->kind != OUTCOME_NONE;
}

static const struct dialog mongodb_dialog = {.say = mongodb_say,
					     .judge = mongodb_judge,
					     .remembers = true,
					     .draws_random = true};

static const struct protocol mongodb_protocol = {
	.dialog = &mongodb_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = mongodb_bind,
	.unbind = mongologin_unbind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const mongodb_others[] = {"mongodb+srv", NULL}; /* for words of its own in mongodb_bind */

const struct scheme scheme_mongodb = {
	.name = "mongodb",
	.others = mongodb_others,
	.summary = "MongoDB is a primary or secondary, lets the user in; ?replicaSet=NAME: is its primary",
	.example = "mongodb://host:27017",
	.default_port = 27017,
	.tls = SCHEME_TLS,
	.lists_hosts = true,
	.claims_port = true,
	.takes_credentials = true,
	.link_user = "MONGO_INITDB_ROOT_USERNAME",
	.link_password = "MONGO_INITDB_ROOT_PASSWORD",
	.params = &mongodb_table,
	.params_size = sizeof(struct mongologin_params),
	.ignored = mongodb_ignored,
	.protocol = &mongodb_protocol,
};
