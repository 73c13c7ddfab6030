/* A follower looks at a target that was ready, again and again while the app runs: is it still, and where? */
#ifndef WAIT_FOLLOWER_H
#define WAIT_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt/attempt.h"
#include "target/endpoint.h"
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
	/* It is ready at another place than `from`, and is not there any more. Comes after `back` if both are so. */
	void (*moved)(void *arg, struct follower *follower, const struct place *from);
	void *arg;
};

struct follower {
	const struct follower_owner *owner;
	struct progress *progress; /* of the wait: where the target was ready last */
	struct progress last;      /* of the last look, ready or not */
	struct place home;         /* where the app thinks it is */
	struct attempt *attempt;
	struct loop_timer look;
	int64_t began, ended; /* the last look; clock_now() time */
	int64_t found;        /* when the last look began that found it ready; 0: none so far */
	int64_t failed;       /* when the first look of a row began that did not find it ready; 0: the last one did */
	int64_t lost;         /* when it was told to be lost; 0: it is not */
	/* Where another of its addresses was ready first, the next look goes to home alone. */
	bool looks_home;
	unsigned home_failed; /* how many of these looks in a row found nobody there */
	struct target at_home;
	struct endpoint home_endpoint;
	struct attempt *home_attempt;
};

/* Begins to look. progress is that of a wait which found the target ready; it and owner must outlive the follower. */
void follower_open(struct follower *follower, const struct follower_owner *owner, struct progress *progress);

/* Also valid for a zeroed one. */
void follower_close(struct follower *follower);

/* Was it ready at the last look? */
bool follower_is_ready(const struct follower *follower);

/* The app is told now where the target was ready last. */
void follower_settle(struct follower *follower);

#endif
