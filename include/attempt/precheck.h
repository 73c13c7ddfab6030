/* Is anybody there at all? A bare connection before an attempt that costs us or the peer more. */
#ifndef ATTEMPT_PRECHECK_H
#define ATTEMPT_PRECHECK_H

#include "net/address.h"
#include "net/loop.h"
#include "net/stream.h"

struct precheck {
	struct stream stream;
	struct loop_timer stay;
	int64_t patience;
	void (*open)(void *arg);
	void (*failed)(void *arg, const struct outcome *outcome);
	void *arg;
};

/* Before anything else, so that precheck_stop is always safe. */
void precheck_init(struct precheck *precheck);

/*
 * Begins to connect. When the connection has stood for `patience` (microseconds) it is closed, without a byte said,
 * and open is called; else failed, with the reason. Exactly one of them, on a later turn of the loop, unless
 * precheck_stop comes first; or what failed at once is returned as an outcome other than READY.
 */
struct outcome precheck_start(struct precheck *precheck, struct loop *loop, const struct address *address,
			      int64_t patience, void (*open)(void *arg),
			      void (*failed)(void *arg, const struct outcome *outcome), void *arg);

void precheck_stop(struct precheck *precheck); /* twice is fine */

#endif
