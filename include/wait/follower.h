/* A follower looks at a target that was ready, again and again while the app runs: is it still, and where? */
#ifndef WAIT_FOLLOWER_H
#define WAIT_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt/attempt.h"
#include "wait/pace.h"
#include "wait/progress.h"

struct follower;

/* What all followers share, and who is told. All of it must outlive them. */
struct follower_owner {
	struct runner_pool *pool; /* its session is set */
	struct pace *pace;
	void (*lost)(void *arg, struct follower *follower); /* two looks in a row did not find it ready */
	/* It was lost, and is ready, after so many microseconds in which it was not. */
	void (*back)(void *arg, struct follower *follower, int64_t after);
	void (*moved)(void *arg,
		      struct follower *follower); /* it is ready where it was not before, and is not there any more */
	void *arg;
};

struct follower {
	const struct follower_owner *owner;
	struct progress *progress; /* of the last look */
	struct place home;         /* where it was ready when the app was told last */
	struct attempt *attempt;
	struct loop_timer look;
	int64_t began;  /* the look; clock_now() time */
	int64_t failed; /* when the first look of a row did not find it ready; 0: the last one did */
	int64_t lost;   /* when it was told to be lost; 0: it is not */
};

/* Begins to look. progress is that of a wait which found the target ready; it and owner must outlive the follower. */
void follower_open(struct follower *follower, const struct follower_owner *owner, struct progress *progress);

/* Also valid for a zeroed one. */
void follower_close(struct follower *follower);

#endif
