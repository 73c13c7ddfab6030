/* Kafka's requests, and its replies as they are read. https://kafka.apache.org/protocol */
#ifndef PROBE_KAFKA_KAFKATALK_H
#define PROBE_KAFKA_KAFKATALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/dialog.h"

/* What is left of a reply. */
struct kafkatalk_reply {
	const char *at;
	size_t left;
	bool broken; /* more was read than there was; all that is read then is 0 */
};

/* One judgement: it walks over the replies that were heard so far, from the first one on. Zeroed but for the first four. */
struct kafkatalk {
	const struct target *target;
	const struct dialog_heard *heard;
	struct buf *out;
	struct outcome *outcome;
	size_t taken;    /* bytes of heard */
	unsigned number; /* of the reply, from 1 */
	struct kafkatalk_reply reply;
	enum {
		KAFKATALK_VERSIONS,
		KAFKATALK_HANDSHAKE,
		KAFKATALK_CHALLENGE,
		KAFKATALK_PROOF,
		KAFKATALK_METADATA
	} stage;          /* what the reply is */
	struct buf proof; /* what the broker must say at KAFKATALK_PROOF; empty: anything; the caller releases it */
};

/* Takes the next reply. False: it is not whole, or *outcome says that it is none. */
bool kafkatalk_take(struct kafkatalk *talk);

void kafkatalk_add_text(struct buf *out, const char *text);

/* Adds a request: its length, its header, and the body, which is released. */
void kafkatalk_add(struct buf *out, unsigned number, uint32_t key, uint32_t version, struct buf *body);

/* Asks behind the reply that was taken, unless that was done already. The body is released. */
void kafkatalk_ask(struct kafkatalk *talk, uint32_t key, uint32_t version, struct buf *body);

void kafkatalk_skip(struct kafkatalk_reply *reply, size_t len);

/* Reads a number of so many bytes, the highest first; a set highest bit makes it negative. */
int32_t kafkatalk_read(struct kafkatalk_reply *reply, size_t bytes);

/* Reads the number of items that follow, each of which has size bytes or more. */
int32_t kafkatalk_count(struct kafkatalk_reply *reply, size_t size);

/* Returns the text, *len bytes of the reply, which has its length in so many bytes before it. A length of -1 is no text. */
const char *kafkatalk_text(struct kafkatalk_reply *reply, size_t length_bytes, size_t *len);

struct outcome kafkatalk_garbled(void);

#endif
