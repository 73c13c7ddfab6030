/*
 * The client's side of SCRAM, without channel binding: RFC 5802 with SHA-1, RFC 7677 with SHA-256; Kafka has it with SHA-512.
 * The server proves by its last message that it knows the password, too.
 */
#ifndef PROBE_SCRAM_H
#define PROBE_SCRAM_H

#include <stddef.h>

#include "base/buf.h"
#include "probe/digest.h"
#include "target/outcome.h"

/* A longer salt is refused. MongoDB's have 16 and 28 bytes, Kafka's about 25. */
enum { SCRAM_SALT_MAX = 64 };

/*
 * Of how many rounds the hash of a password may be. RFC 7677 wants 4096 at least: fewer make a password that somebody overhears
 * quick to guess. Nothing else happens during the rounds, and the server chooses their number (FACTS 72).
 */
enum { SCRAM_ROUNDS_MIN = 4096, SCRAM_ROUNDS_MAX = 100 * 1000 };

/* A hash of the password, kept from one attempt to the next. A zeroed one is of nothing. */
struct scram_key {
	enum digest_kind kind;
	unsigned rounds;
	size_t salt_len;
	unsigned char salt[SCRAM_SALT_MAX];
	unsigned char hash[DIGEST_SIZE_MAX];
};

/* Who logs in, and how. */
struct scram {
	enum digest_kind kind;
	const char *user;
	const char *password;        /* as it is hashed: the protocol says what is made of a user's */
	const unsigned char *random; /* bytes that nobody guesses, the same for all messages of a login */
	size_t random_len;           /* at most DIGEST_SIZE_MAX */
	struct scram_key *key;       /* always of the same password; scram_answer writes it */
};

/* Adds the first message to out. */
void scram_begin(const struct scram *scram, struct buf *out);

/*
 * Adds to out the answer to the server's first message, said, and to proof what the server must say then. Returns
 * OUTCOME_READY; else what is wrong with the message, and nothing is added.
 */
struct outcome scram_answer(const struct scram *scram, const char *said, size_t len, struct buf *out,
			    struct buf *proof);

/* Judges the server's last message. Returns OUTCOME_READY if it is the proof that scram_answer gave. */
struct outcome scram_check(const struct buf *proof, const char *said, size_t len);

#endif
