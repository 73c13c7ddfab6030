/* When again? A pure schedule: time and randomness come in as arguments. */
#ifndef WAIT_BACKOFF_H
#define WAIT_BACKOFF_H

#include <stdint.h>

#include "target/outcome.h"

/*
 * The time from the start of one attempt to the start of the next: a share of the time waited so far
 * between a floor and a cap that depend on what an attempt costs the peer, jittered by +-20 % so that
 * clients started together drift apart (FACTS 43), and at last never more than max_interval (0: no cap
 * of the user's). A share, because a late notice is felt in proportion to the wait.
 * waited and max_interval are microseconds; random is any 32 random bits.
 */
int64_t backoff_interval(enum outcome_cost cost, int64_t waited, int64_t max_interval, uint32_t random);

#endif
