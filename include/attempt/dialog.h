/*
 * A conversation of a few words: connect, say something, judge what comes back, perhaps say more. A protocol that is no
 * more than that gives two functions; connecting, slices, limits and a clean end are here.
 */
#ifndef ATTEMPT_DIALOG_H
#define ATTEMPT_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "attempt/probe.h"
#include "base/buf.h"
#include "net/stream.h"
#include "target/outcome.h"
#include "target/target.h"

/* What the service has said since we last spoke. */
struct dialog_heard {
	const char *data; /* len bytes, which may hold anything and end in the middle of a message */
	size_t len;
	bool eof;      /* it has hung up: no more will come */
	unsigned turn; /* how often we have spoken so far */
};

/* Both functions are pure: target and bytes in, bytes and an outcome out. Unit tests and fuzzers feed them directly. */
struct dialog {
	/* Adds our first words to out. NULL, or nothing added: the service speaks first. */
	void (*say)(const struct target *target, struct buf *out);

	/*
	 * Called whenever more was heard, with all of it. Returns true with *outcome set when that decides. Else false:
	 * then with words added to out, which are sent, what was heard so far is forgotten, and the next call has only
	 * what comes after; without, more is waited for. After eof nothing is sent: what is not decided then is
	 * OUTCOME_CLOSED. It must give the same result however the bytes are sliced.
	 */
	bool (*judge)(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		      struct outcome *outcome);
};

/* Of a reply without a decision. */
enum { DIALOG_HEARD_MAX = 64 * 1024 };

/*
 * Of one attempt. A protocol of this kind has state_size = sizeof(struct dialog_state), dialog, and these as start and
 * stop.
 */
struct dialog_state {
	struct stream stream;
	struct bufferevent *talk; /* NULL: not connected */
	unsigned turn;
	bool heard_any;
};

/*
 * An outcome whose detail is the first line of what the service said, up to where that repeats the target's password, or
 * begins to: a service that does not know a command may show the first bytes of what came with it.
 */
struct outcome dialog_quote(const struct target *target, enum outcome_kind kind, const char *said, size_t len);

void dialog_start(struct probe *probe);
void dialog_stop(struct probe *probe);

#endif
