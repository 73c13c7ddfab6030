/* Does the port accept connections at all? A connection on which nothing is sent, before an attempt that costs more. */
#ifndef ATTEMPT_PRECHECK_H
#define ATTEMPT_PRECHECK_H

#include "net/address.h"
#include "net/loop.h"
#include "net/stream.h"

struct precheck {
	struct stream stream;
	struct loop_timer stay; /* runs while the connection must stay open */
	int64_t patience;       /* for how long; microseconds */
	void (*open)(void *arg);
	void (*failed)(void *arg, const struct outcome *outcome);
	void *arg;
};

/* Must be called first. Then precheck_stop is safe, even if precheck_start is never called. */
void precheck_init(struct precheck *precheck);

/*
 * Begins to connect to address. When the connection has stayed open for patience (microseconds), it is closed and open
 * is called; nothing was sent on it. If connecting fails or the peer closes earlier, failed is called with the reason.
 * Exactly one of the two is called, on a later turn of the loop, unless precheck_stop is called before. If connecting
 * fails immediately, the result is an outcome other than OUTCOME_READY, and neither is called. loop must outlive the
 * precheck, which must stay where it is until precheck_stop.
 */
struct outcome precheck_start(struct precheck *precheck, struct loop *loop, struct sockets *sockets,
			      const struct address *address, int64_t patience, void (*open)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg);

/* Closes the connection; open and failed are no longer called. It may be called twice. */
void precheck_stop(struct precheck *precheck);

#endif
