/* One attempt at one target: look its endpoints up, race their addresses, report one outcome. */
#ifndef ATTEMPT_ATTEMPT_H
#define ATTEMPT_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/session.h"
#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

struct attempt_runner;

/* What all attempts of a wait share: the session, and memory that is used again. Zeroed but for session: nothing yet. */
struct attempt_pool {
	struct session *session;
	struct attempt_runner *spare; /* list */
	size_t spare_count;
};

/* After all of its attempts are freed. */
void attempt_pool_release(struct attempt_pool *pool);

/* Lives as long as the wait for its target: look-ups outlast single attempts. */
struct attempt;

/*
 * pool and target must outlive it. thorough: no attempt is over before every look-up is, for a verdict that no later
 * attempt would repair. done is called once for each attempt_start, on a later turn of the loop.
 */
struct attempt *attempt_new(struct attempt_pool *pool, const struct target *target, bool thorough,
			    void (*done)(void *arg, const struct outcome *outcome, const struct place *place),
			    void *arg);
void attempt_free(struct attempt *attempt);

/*
 * Begins an attempt that ends within limit (microseconds), look-up included. waited is how long the
 * target has been waited for: it decides how old an address may be. Not while one is running. The caller has taken a
 * socket of the session for it; further ones, for addresses that are tried at the same time, it takes itself.
 */
void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited);

/* Breaks off the one that is running, if any: done is not called for it. */
void attempt_stop(struct attempt *attempt);

#endif
