#include "wait/follower.h"

#include <string.h>

#include "base/clock.h"

/* From the beginning of one look to that of the next; and by how much it may be more, so that replicas do not look in step. */
#define FOLLOWER_INTERVAL (1000 * CLOCK_MS)
#define FOLLOWER_JITTER   (200 * CLOCK_MS)

static void follower_pause(struct follower *follower)
{
	int64_t jitter = (int64_t)((uint64_t)FOLLOWER_JITTER * pace_random(follower->owner->pace) / UINT32_MAX);
	int64_t left = follower->began + FOLLOWER_INTERVAL + jitter - clock_now();

	loop_timer_set(&follower->look, left > 0 ? left : 0);
}

/* Is the target ready elsewhere, and its old address none of its addresses any more? One of several may answer first each time. */
static bool follower_has_moved(const struct follower *follower)
{
	const struct place *now = &follower->progress->place, *home = &follower->home;

	if (strcmp(now->address, home->address) == 0 && now->port == home->port)
		return false;
	return !attempt_has_address(follower->attempt, home);
}

static void follower_note_ready(struct follower *follower)
{
	const struct follower_owner *owner = follower->owner;

	bool was_lost = follower->lost;
	int64_t failed = follower->failed;

	follower->failed = follower->lost = 0;
	if (was_lost)
		owner->back(owner->arg, follower, clock_now() - failed);
	if (follower_has_moved(follower))
		owner->moved(owner->arg, follower);
}

static void follower_note_failed(struct follower *follower)
{
	const struct follower_owner *owner = follower->owner;

	if (!follower->failed) {
		follower->failed = clock_now();
		return;
	}
	if (follower->lost)
		return;
	follower->lost = clock_now();
	owner->lost(owner->arg, follower);
}

static void follower_on_done(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct follower *follower = arg;

	follower_pause(follower);
	if (outcome->kind == OUTCOME_LOCAL)
		return; /* it says nothing about the target */
	progress_record(follower->progress, outcome, place, clock_now());
	if (outcome->kind == OUTCOME_READY)
		follower_note_ready(follower);
	else
		follower_note_failed(follower);
}

static void follower_on_early(void *arg)
{
	(void)arg; /* the next look is soon enough */
}

static void follower_on_look(void *arg)
{
	struct follower *follower = arg;
	const struct target_settings *settings = &follower->progress->target->settings;

	follower->began = clock_now();
	if (session_take_socket(follower->owner->pool->session))
		attempt_start(follower->attempt, settings->attempt_timeout, 0, false);
	else
		follower_pause(follower);
}

void follower_open(struct follower *follower, const struct follower_owner *owner, struct progress *progress)
{
	const struct attempt_owner wants = {.done = follower_on_done, .early = follower_on_early, .arg = follower};

	*follower = (struct follower){.owner = owner, .progress = progress, .home = progress->place};
	follower->attempt = attempt_new(owner->pool, progress->target, false, &wants);
	follower->began = clock_now();
	loop_timer_init(owner->pool->session->loop, &follower->look, follower_on_look, follower);
	follower_pause(follower);
}

void follower_close(struct follower *follower)
{
	loop_timer_clear(&follower->look);
	attempt_free(follower->attempt);
	follower->attempt = NULL;
}
