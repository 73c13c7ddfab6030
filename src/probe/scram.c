#include "probe/scram.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/base64.h"

/* Adds the first message without its head "n,,": no channel binding, and no other name (RFC 5802, 7). */
static void scram_add_bare(const struct scram *scram, struct buf *out)
{
	buf_add_text(out, "n=");
	for (const char *at = scram->user; *at; at++)
		if (*at == '=')
			buf_add_text(out, "=3D");
		else if (*at == ',')
			buf_add_text(out, "=2C");
		else
			buf_add(out, at, 1);
	buf_add_text(out, ",r=");
	base64_add(out, scram->random, scram->random_len);
}

void scram_begin(const struct scram *scram, struct buf *out)
{
	buf_add_text(out, "n,,");
	scram_add_bare(scram, out);
}

/* The server's first message. */
struct scram_challenge {
	const char *nonce; /* ours and the server's */
	size_t nonce_len;
	unsigned char salt[SCRAM_SALT_MAX];
	size_t salt_len;
	unsigned long rounds;
};

/* Takes "NAME=value" off the text at *at, and the ',' behind it. Returns the value; NULL: something else is there. */
static const char *scram_take(const char **at, char name, size_t *len)
{
	const char *value = *at + 2;

	if ((*at)[0] != name || (*at)[1] != '=')
		return NULL;
	*len = strcspn(value, ",");
	*at = value + *len + (value[*len] == ',');
	return value;
}

/* "r=nonce,s=salt,i=rounds", and perhaps extensions that nobody must know. */
static bool scram_read(const char *said, struct scram_challenge *challenge)
{
	size_t salt_len = 0, rounds_len = 0;
	const char *nonce = scram_take(&said, 'r', &challenge->nonce_len);
	const char *salt = nonce ? scram_take(&said, 's', &salt_len) : NULL;
	const char *rounds = salt ? scram_take(&said, 'i', &rounds_len) : NULL;

	if (!rounds_len || strspn(rounds, "0123456789") != rounds_len ||
	    !base64_read(salt, salt_len, challenge->salt, sizeof(challenge->salt), &challenge->salt_len) ||
	    !challenge->salt_len)
		return false;
	challenge->nonce = nonce;
	challenge->rounds = strtoul(rounds, NULL, 10);
	return true;
}

static void scram_make_key(const struct scram *scram, const struct scram_challenge *challenge)
{
	struct scram_key *key = scram->key;

	if (key->kind == scram->kind && key->rounds == challenge->rounds && key->salt_len == challenge->salt_len &&
	    memcmp(key->salt, challenge->salt, key->salt_len) == 0)
		return;
	key->kind = scram->kind;
	key->rounds = (unsigned)challenge->rounds;
	key->salt_len = challenge->salt_len;
	memcpy(key->salt, challenge->salt, key->salt_len);
	digest_stretch(key->kind, scram->password, key->salt, key->salt_len, key->rounds, key->hash);
}

/* Signs all messages with a key that is made of the password's hash and this word. */
static void scram_sign(const struct scram *scram, const char *word, const struct buf *messages, unsigned char *key,
		       unsigned char *signature)
{
	size_t size = digest_size(scram->kind);

	digest_sign(scram->kind, scram->key->hash, size, word, strlen(word), key);
	memcpy(signature, key, size);
	if (*word == 'C') /* the server keeps only a hash of the client's key */
		digest_make(scram->kind, key, size, "", 0, signature);
	digest_sign(scram->kind, signature, size, messages->data, messages->len, signature);
}

/* 3: the proof is XOR(ClientKey, ClientSignature). */
static void scram_prove(const struct scram *scram, const char *said, const struct scram_challenge *challenge,
			struct buf *out, struct buf *proof)
{
	unsigned char key[DIGEST_SIZE_MAX], signature[DIGEST_SIZE_MAX];
	char *answer = alloc_format("c=biws,r=%.*s", (int)challenge->nonce_len, challenge->nonce); /* "n,," in base64 */
	struct buf messages = {0};

	scram_add_bare(scram, &messages);
	buf_add_text(&messages, ",");
	buf_add_text(&messages, said);
	buf_add_text(&messages, ",");
	buf_add_text(&messages, answer);
	scram_sign(scram, "Client Key", &messages, key, signature);
	for (size_t i = 0; i < digest_size(scram->kind); i++)
		key[i] ^= signature[i];
	buf_add_text(out, answer);
	buf_add_text(out, ",p=");
	base64_add(out, key, digest_size(scram->kind));
	scram_sign(scram, "Server Key", &messages, key, signature);
	buf_add_text(proof, "v=");
	base64_add(proof, signature, digest_size(scram->kind));
	buf_release(&messages);
	free(answer);
}

/* Does the server's nonce begin with ours, and go on? Else it answers somebody else. */
static bool scram_is_ours(const struct scram *scram, const struct scram_challenge *challenge)
{
	struct buf ours = {0};
	bool begins;

	base64_add(&ours, scram->random, scram->random_len);
	begins = challenge->nonce_len > ours.len && memcmp(challenge->nonce, ours.data, ours.len) == 0;
	buf_release(&ours);
	return begins;
}

struct outcome scram_answer(const struct scram *scram, const char *said, size_t len, struct buf *out, struct buf *proof)
{
	struct outcome outcome = outcome_make(OUTCOME_READY, NULL);
	char *text = alloc_slice(said, len);
	struct scram_challenge challenge;

	if (strlen(text) != len || !scram_read(text, &challenge) || !scram_is_ours(scram, &challenge)) {
		outcome = outcome_make(OUTCOME_GARBLED, "its answer to the login is not SCRAM");
	} else if (challenge.rounds < SCRAM_ROUNDS_MIN || challenge.rounds > SCRAM_ROUNDS_MAX) {
		outcome = outcome_make(OUTCOME_UNSUITABLE,
				       "it wants %lu rounds of hashing for the password; %d to %d are done",
				       challenge.rounds, SCRAM_ROUNDS_MIN, SCRAM_ROUNDS_MAX);
	} else {
		scram_make_key(scram, &challenge);
		scram_prove(scram, text, &challenge, out, proof);
	}
	free(text);
	return outcome;
}

/* "v=proof", and perhaps extensions; or "e=why not". */
struct outcome scram_check(const struct buf *proof, const char *said, size_t len)
{
	if (len > 2 && memcmp(said, "e=", 2) == 0)
		return outcome_make(OUTCOME_DENIED, "%.*s", (int)len - 2, said + 2);
	if (len < proof->len || memcmp(said, proof->data, proof->len) != 0 ||
	    (len > proof->len && said[proof->len] != ','))
		return outcome_make(OUTCOME_UNSUITABLE, "it does not prove that it knows the password");
	return outcome_make(OUTCOME_READY, NULL);
}
