/* One address in the race of an attempt, and the memory that a wait keeps for such runners. */
#ifndef ATTEMPT_RUNNER_H
#define ATTEMPT_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "attempt/probe.h"
#include "attempt/sources.h"
#include "net/session.h"
#include "target/place.h"

struct race;

struct runner {
	struct race *race;
	struct probe probe;
	bool running;
	bool is_aside; /* it runs on behind the attempt that started it */
	int64_t began; /* clock_now() time */
	struct place place;
	int family;
	const struct source *source; /* NULL: the target has no endpoints, or is_aside */
	bool found;                  /* source->found */
	bool waited_for_reply;       /* it already got the extra time for a reply */
	struct runner *before;       /* the next item of the list; it was started earlier */
	size_t state_size;           /* bytes in state */
	max_align_t state[];         /* becomes probe->state */
};

/*
 * What all attempts of a wait share: the session, and memory for later attempts. To begin, set session and zero the
 * rest.
 */
struct runner_pool {
	struct session *session;
	struct runner *spare; /* list of unused runners */
	size_t spare_count;
	struct probe_shared *shared; /* list of what the protocols share (probe_share) */
};

/* Frees the unused runners and what the protocols share. All attempts of the pool must have been freed before. */
void runner_pool_release(struct runner_pool *pool);

/* Returns a zeroed runner with at least state_size bytes of state. The caller gives it back with runner_give. */
struct runner *runner_take(struct runner_pool *pool, size_t state_size);

/* Takes the runner back. Its probe must not run any more. */
void runner_give(struct runner_pool *pool, struct runner *runner);

/*
 * Lists of runners, linked by before; NULL is an empty one. runner_push adds at the front, and runner_pop takes from there;
 * it returns NULL if the list is empty. runner_remove takes out one that is in the list.
 */
void runner_push(struct runner **list, struct runner *runner);
struct runner *runner_pop(struct runner **list);
void runner_remove(struct runner **list, struct runner *runner);

/*
 * Returns the one in the list for this address of this endpoint; NULL if there is none. Endpoints are compared by where they
 * are: two names with one address are not the same, and a probe points to its own until it ends.
 */
struct runner *runner_find(struct runner *list, const struct endpoint *endpoint, const struct address *address);

#endif
