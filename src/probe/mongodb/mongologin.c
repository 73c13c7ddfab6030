#include "probe/mongodb/mongologin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/percent.h"
#include "probe/mongodb/bson.h"
#include "probe/scram.h"

/* The prototype is in libpq's common/saslprep.h, but not in its public headers. Returns 0 if *output was allocated. */
int pg_saslprep(const char *input, char **output);

enum mongologin_mechanism { MONGOLOGIN_ANY, MONGOLOGIN_SHA1, MONGOLOGIN_SHA256, MONGOLOGIN_NONE };

/* The target's plan. */
struct mongologin_plan {
	enum mongologin_mechanism mechanism;
	char *source; /* the database of the user */
	struct scram_key key;
};

/* Others need more than a password, or are of MongoDB 2. A URL with one is that of an application, and is no error. */
static enum mongologin_mechanism mongologin_mechanism(const char *name)
{
	if (!name || !*name || strcmp(name, "DEFAULT") == 0)
		return MONGOLOGIN_ANY;
	if (strcmp(name, "SCRAM-SHA-1") == 0)
		return MONGOLOGIN_SHA1;
	return strcmp(name, "SCRAM-SHA-256") == 0 ? MONGOLOGIN_SHA256 : MONGOLOGIN_NONE;
}

static const struct mongologin_plan *mongologin_plan(const struct target *target)
{
	return target->plan;
}

int mongologin_bind(struct target *target, struct log *log, struct error *err)
{
	const struct mongologin_params *params = target->params.fields;
	const char *path = target->tail + (target->tail[0] == '/');
	size_t len = strcspn(path, "?");
	struct mongologin_plan *plan;
	char *source = params->source && *params->source ? alloc_text(params->source)
		       : len                             ? percent_decode(path, len)
							 : alloc_text("admin");

	if (!source)
		return errors_set(err, "a database's name cannot hold %%00; write mongodb://host:27017/db");
	plan = alloc_zero(1, sizeof(*plan));
	plan->source = source;
	plan->mechanism = mongologin_mechanism(params->mechanism);
	target->plan = plan;
	if (plan->mechanism == MONGOLOGIN_NONE)
		log_line(
			log, LOG_LEVEL_NORMAL,
			"target \"%s\": there will be no login, since authMechanism is not SCRAM-SHA-1 or SCRAM-SHA-256",
			target->text);
	return 0;
}

void mongologin_unbind(struct target *target)
{
	struct mongologin_plan *plan = target->plan;

	if (plan)
		free(plan->source);
	free(plan);
	target->plan = NULL;
}

bool mongologin_is_wanted(const struct target *target)
{
	return target_has_password(target) && mongologin_plan(target)->mechanism != MONGOLOGIN_NONE;
}

void mongologin_ask_mechanisms(const struct target *target, struct buf *document)
{
	const struct mongologin_plan *plan = mongologin_plan(target);
	char *name;

	if (!mongologin_is_wanted(target) || !target_has_user(target) || plan->mechanism != MONGOLOGIN_ANY)
		return;
	name = alloc_format("%s.%s", plan->source, target->user);
	bson_add_text(document, "saslSupportedMechs", name);
	free(name);
}

/* "Default Authentication Methods": SCRAM-SHA-1 unless the server names the other one. */
static enum digest_kind mongologin_kind(const struct mongotalk *talk)
{
	enum mongologin_mechanism mechanism = mongologin_plan(talk->target)->mechanism;

	return mechanism == MONGOLOGIN_SHA256 || (mechanism == MONGOLOGIN_ANY && talk->has_sha256) ? DIGEST_SHA256
												   : DIGEST_SHA1;
}

/*
 * What is hashed: for SCRAM-SHA-256 the password as SASLprep (RFC 4013) makes it, or as it is, if that has no form of it; for
 * SCRAM-SHA-1 the digits of a hash by MD5, which MongoDB had before. The caller frees it.
 */
static char *mongologin_password(const struct target *target, enum digest_kind kind)
{
	unsigned char hash[DIGEST_MD5_SIZE];
	char *user, *prepared = NULL, digits[2 * DIGEST_MD5_SIZE + 1];

	if (kind == DIGEST_SHA256)
		return pg_saslprep(target->password, &prepared) == 0 ? prepared : alloc_text(target->password);
	user = alloc_format("%s:mongo:", target->user);
	digest_make(DIGEST_MD5, user, strlen(user), target->password, strlen(target->password), hash);
	free(user);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(digits + 2 * i, 3, "%02x", hash[i]);
	return alloc_text(digits);
}

static struct scram mongologin_scram(const struct mongotalk *talk, const char *password)
{
	struct mongologin_plan *plan = talk->target->plan;

	return (struct scram){
		.kind = mongologin_kind(talk),
		.user = talk->target->user,
		.password = password,
		.random = talk->heard->random,
		.random_len = DIALOG_RANDOM,
		.key = &plan->key,
	};
}

/* Asks { saslStart: 1, mechanism: ... } or { saslContinue: 1, conversationId: ... }, each with the words of SCRAM. */
static void mongologin_ask(struct mongotalk *talk, const struct buf *words)
{
	const struct mongologin_plan *plan = mongologin_plan(talk->target);
	bool starts = talk->stage == MONGOTALK_HELLO;
	struct buf document = {0};
	size_t begin = bson_begin(&document), options;

	bson_add_int32(&document, starts ? "saslStart" : "saslContinue", 1);
	if (starts) {
		bson_add_text(&document, "mechanism",
			      mongologin_kind(talk) == DIGEST_SHA256 ? "SCRAM-SHA-256" : "SCRAM-SHA-1");
		/* Else the server waits for an empty message behind its proof; older ones do all the same. */
		options = bson_begin_item(&document, "options");
		bson_add_true(&document, "skipEmptyExchange");
		bson_end(&document, options);
	} else {
		bson_add_int32(&document, "conversationId", talk->reply.conversation);
	}
	bson_add_bytes(&document, "payload", words->len ? words->data : "", words->len);
	bson_add_text(&document, "$db", plan->source);
	bson_end(&document, begin);
	mongotalk_ask(talk, &document);
}

void mongologin_begin(struct mongotalk *talk)
{
	struct buf words = {0};
	struct scram scram;

	if (!target_has_user(talk->target)) {
		*talk->outcome = outcome_make(OUTCOME_DENIED, "there is a password, but no user");
		return;
	}
	talk->has_sha256 = talk->reply.has_sha256;
	scram = mongologin_scram(talk, NULL);
	scram_begin(&scram, &words);
	mongologin_ask(talk, &words);
	buf_release(&words);
	talk->stage = MONGOTALK_CHALLENGE;
}

static void mongologin_answer(struct mongotalk *talk)
{
	char *password = mongologin_password(talk->target, mongologin_kind(talk));
	const struct mongotalk_text *payload = &talk->reply.payload;
	struct scram scram = mongologin_scram(talk, password);
	struct buf words = {0};
	struct outcome found =
		scram_answer(&scram, payload->data ? payload->data : "", payload->len, &words, &talk->proof);

	if (found.kind == OUTCOME_READY)
		mongologin_ask(talk, &words);
	else
		*talk->outcome = found;
	talk->stage = MONGOTALK_PROOF;
	buf_release(&words);
	free(password);
}

/* The server's proof. One that does not know skipEmptyExchange wants to hear of it once more. */
static void mongologin_check(struct mongotalk *talk)
{
	const struct mongotalk_text *payload = &talk->reply.payload;
	struct outcome found = scram_check(&talk->proof, payload->data ? payload->data : "", payload->len);
	const struct buf nothing = {0};

	if (found.kind != OUTCOME_READY || talk->reply.done)
		*talk->outcome = found;
	else
		mongologin_ask(talk, &nothing);
	talk->stage = MONGOTALK_END;
}

/* https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; other errors may pass. */
static void mongologin_refused(struct mongotalk *talk)
{
	static const char *const lasting[] = {"AuthenticationFailed", "MechanismUnavailable", "UserNotFound",
					      "Unauthorized", "UnsupportedFormat"};
	const struct mongotalk_text *error = &talk->reply.error;
	enum outcome_kind kind = OUTCOME_STARTING;

	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		if (mongotalk_is(&talk->reply.code, lasting[i]))
			kind = OUTCOME_DENIED;
	*talk->outcome = error->data && error->len ? dialog_quote(talk->target, kind, error->data, error->len)
						   : outcome_make(kind, "it answers the login with an error");
}

void mongologin_go_on(struct mongotalk *talk)
{
	if (!talk->reply.ok)
		mongologin_refused(talk);
	else if (talk->stage == MONGOTALK_CHALLENGE)
		mongologin_answer(talk);
	else if (talk->stage == MONGOTALK_PROOF)
		mongologin_check(talk);
	else if (talk->reply.done)
		*talk->outcome = outcome_make(OUTCOME_READY, NULL);
	else
		*talk->outcome = outcome_make(OUTCOME_GARBLED, "the login does not end");
}
