/* One attempt at one target: looks its endpoints up, races their addresses, and reports one outcome. */
#ifndef ATTEMPT_ATTEMPT_H
#define ATTEMPT_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt/runner.h"
#include "target/outcome.h"
#include "target/place.h"
#include "target/target.h"

/*
 * An attempt at one target that can be started again and again. It lives as long as the wait for the target, because a
 * look-up may go on between two attempts.
 */
struct attempt;

/* Who wants to know. */
struct attempt_owner {
	/*
	 * Called once for each attempt_start, on a later turn of the loop. place is where the outcome was found, and counts the
	 * other addresses where the same was.
	 */
	void (*done)(void *arg, const struct outcome *outcome, const struct place *place);
	/* Between two attempts an address that hung was found ready. The next attempt, if it is started, ends with that. */
	void (*early)(void *arg);
	void *arg;
};

/*
 * Returns an attempt, which the caller frees. pool and target must outlive it; owner is copied. If thorough is true, an
 * attempt that finds nothing ready does not end before every look-up and every address has: the verdict depends on this one
 * attempt, and a late address could change it. Else it ends when one address is not ready and the others hang: nobody has
 * answered there, not even with a connection. These go on in the background, and the next attempt takes those over that are
 * still addresses of the target.
 */
struct attempt *attempt_new(struct runner_pool *pool, const struct target *target, bool thorough,
			    const struct attempt_owner *owner);

/* Stops the attempt if it is running, and frees it. NULL is allowed. */
void attempt_free(struct attempt *attempt);

/*
 * Starts an attempt that ends within limit, look-up included; none may be running. waited is the time that the target
 * has been waited for; it decides how old a known address may be. Both are microseconds. If stays is true, it waits for
 * addresses that hang. The caller must have taken one socket from the session (session_take_socket), which is the
 * attempt's from now on. It takes others for addresses tried at the same time, and gives back what no probe needs: for the
 * time of a look-up, before done is called, and at attempt_stop. When done is called the session has a free socket.
 */
void attempt_start(struct attempt *attempt, int64_t limit, int64_t waited, bool stays);

/* The time is up: ends the attempt, which is running, with what is known so far. done is called at once. */
void attempt_expire(struct attempt *attempt);

/*
 * After an attempt: is the address of this place still one of the target's? True as long as its family has not been
 * answered: then nobody knows.
 */
bool attempt_has_address(const struct attempt *attempt, const struct place *place);

/* Stops the attempt if it is running, and what it has left to the next one. done is then not called for it. */
void attempt_stop(struct attempt *attempt);

#endif
