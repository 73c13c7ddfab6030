/*
 * MongoDB's messages: questions that are documents, and what is looked at in the answers.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ (OP_MSG)
 */
#ifndef PROBE_MONGODB_MONGOTALK_H
#define PROBE_MONGODB_MONGOTALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/dialog.h"

struct mongotalk_text {
	const char *data; /* NULL: it is not there */
	size_t len;
};

/* What an answer says. */
struct mongotalk_reply {
	bool ok, writable, secondary, arbiter;
	struct mongotalk_text set;   /* setName */
	struct mongotalk_text info;  /* why it is neither primary nor secondary */
	struct mongotalk_text error; /* errmsg */
	struct mongotalk_text code;  /* codeName */
	/* Of a login: */
	bool has_sha256; /* SCRAM-SHA-256 is among saslSupportedMechs */
	bool done;
	int32_t conversation;
	struct mongotalk_text payload;
};

/* One judgement: it walks over the answers that were heard so far, from the first one on. Zeroed but for the first four. */
struct mongotalk {
	const struct target *target;
	const struct dialog_heard *heard;
	struct buf *out;
	struct outcome *outcome;
	size_t taken;    /* bytes of heard */
	unsigned number; /* of the answer, from 1 */
	struct mongotalk_reply reply;
	enum { MONGOTALK_HELLO, MONGOTALK_CHALLENGE, MONGOTALK_PROOF, MONGOTALK_END } stage; /* what the answer is */
	bool has_sha256;  /* the first answer said so */
	struct buf proof; /* what the server must say at MONGOTALK_PROOF; the caller releases it */
};

/* Takes the next answer. False: it is not whole, or *outcome says what is wrong with it. */
bool mongotalk_take(struct mongotalk *talk);

/* Adds a question to out. The document is released. */
void mongotalk_add(struct buf *out, unsigned number, struct buf *document);

/* Asks the question after the answer that was taken, unless that was done already. The document is released. */
void mongotalk_ask(struct mongotalk *talk, struct buf *document);

bool mongotalk_is(const struct mongotalk_text *text, const char *word);

#endif
