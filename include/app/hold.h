/* --hold: the app starts at once, and its connections are held until their targets are ready. */
#ifndef APP_HOLD_H
#define APP_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "net/session.h"
#include "settings/config.h"
#include "system/log.h"
#include "target/plan.h"
#include "wait/sinks.h"

struct hold;

/*
 * Checks that connections to each target can be held, and that the settings agree with that. No target has a time limit any more:
 * --timeout is that of a connection. Returns -1 with err.
 */
int hold_settle(struct config *config, struct error *err);

/*
 * Finds the port at which to listen for the target of this index, 0 for a free one. Returns 1 if a free one will do in its place,
 * else 0; -1 with err.
 */
int hold_choose_port(const struct config *config, size_t index, uint16_t *port, struct error *err);

/*
 * Listens for each target at a port of the loopback addresses, and tells the reports that the wait begins. All that is given must
 * outlive the hold, which hold_close frees. Returns NULL with err.
 */
struct hold *hold_open(const struct config *config, struct session *session, const struct sinks *sinks, struct log *log,
		       struct error *err);
void hold_close(struct hold *hold);

/* Returns the port for the target of this index, at 127.0.0.1. */
uint16_t hold_port(const struct hold *hold, size_t index);

/*
 * Accepts connections, waits for the targets, and relays, until hold_finish or a signal. Sets *signal to the number of that signal,
 * or to 0. Returns -1 with err if the loop fails.
 */
int hold_run(struct hold *hold, int *signal, struct error *err);

/* The app has ended: what it has said is still passed on, for some seconds at most; then hold_run returns. */
void hold_finish(struct hold *hold);

#endif
