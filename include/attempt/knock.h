/* Is anybody there at all? A bare connection before an attempt that costs us or the peer more. */
#ifndef ATTEMPT_KNOCK_H
#define ATTEMPT_KNOCK_H

#include "net/address.h"
#include "net/loop.h"
#include "net/stream.h"

struct knock {
	struct stream stream;
	struct loop_timer settle;
	int64_t patience;
	void (*open)(void *arg);
	void (*failed)(void *arg, const struct outcome *outcome);
	void *arg;
};

/* Before anything else, so that knock_stop is always safe. */
void knock_init(struct knock *knock);

/*
 * Begins to connect. When the connection has stood for `patience` (microseconds) it is closed, without a byte said,
 * and open is called; else failed, with the reason. Exactly one of them, on a later turn of the loop, unless
 * knock_stop comes first; or what failed at once is returned as an outcome other than READY.
 */
struct outcome knock_start(struct knock *knock, struct loop *loop, const struct address *address, int64_t patience,
			   void (*open)(void *arg), void (*failed)(void *arg, const struct outcome *outcome),
			   void *arg);

void knock_stop(struct knock *knock); /* twice is fine */

#endif
