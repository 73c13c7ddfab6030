#include "wait/follower.h"

#include <string.h>

#include "base/clock.h"

/* From the beginning of one look to that of the next; and by how much it may be more, so that replicas do not look in step. */
#define FOLLOWER_INTERVAL (1000 * CLOCK_MS)
#define FOLLOWER_JITTER   (200 * CLOCK_MS)

/* So many looks in a row that fail are no chance. */
enum { FOLLOWER_ROW = 2 };

static void follower_pause(struct follower *follower)
{
	int64_t jitter = (int64_t)((uint64_t)FOLLOWER_JITTER * pace_random(follower->owner->pace) / UINT32_MAX);
	int64_t left = follower->began + FOLLOWER_INTERVAL + jitter - clock_now();

	loop_timer_set(&follower->look, left > 0 ? left : 0);
}

static bool follower_is_at_home(const struct follower *follower)
{
	const struct place *now = &follower->last.place, *home = &follower->home;

	return strcmp(now->address, home->address) == 0 && now->port == home->port;
}

/* The home has another place now, so the attempt that looks there alone is of no use. */
static void follower_drop_home(struct follower *follower)
{
	attempt_free(follower->home_attempt);
	follower->home_attempt = NULL;
	follower->looks_home = false;
	follower->home_failed = 0;
}

void follower_settle(struct follower *follower)
{
	follower_drop_home(follower);
	follower->home = follower->progress->place;
}

bool follower_is_ready(const struct follower *follower)
{
	return !follower->failed;
}

static void follower_move(struct follower *follower)
{
	const struct follower_owner *owner = follower->owner;
	struct place from = follower->home;

	follower_settle(follower);
	owner->moved(owner->arg, follower, &from);
}

/*
 * It is ready. If that is elsewhere, its old address may still be one of its addresses: then either may have answered first, and
 * the next look asks the old one alone. Who only names the place of a target names another one when it has moved.
 */
static void follower_note_place(struct follower *follower)
{
	if (follower_is_at_home(follower)) {
		follower->home_failed = 0;
		return;
	}
	if (follower->home_failed >= FOLLOWER_ROW || !attempt_has_address(follower->attempt, &follower->home))
		follower_move(follower);
	else
		follower->looks_home = !follower->last.target->is_elsewhere;
}

static void follower_note_ready(struct follower *follower)
{
	const struct follower_owner *owner = follower->owner;
	int64_t after = clock_now() - follower->failed;
	bool was_lost = follower->lost;

	follower->found = follower->began;
	follower->failed = follower->lost = 0;
	follower->progress->outcome = follower->last.outcome;
	follower->progress->place = follower->last.place;
	if (was_lost)
		owner->back(owner->arg, follower, after);
	follower_note_place(follower);
}

static void follower_note_failed(struct follower *follower)
{
	const struct follower_owner *owner = follower->owner;

	if (!follower->failed) {
		follower->failed = follower->began;
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

	follower->ended = clock_now();
	follower_pause(follower);
	if (outcome->kind == OUTCOME_LOCAL)
		return; /* it says nothing about the target */
	progress_record(&follower->last, outcome, place, follower->ended);
	if (outcome->kind == OUTCOME_READY)
		follower_note_ready(follower);
	else
		follower_note_failed(follower);
}

static void follower_on_home_done(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct follower *follower = arg;

	(void)place;
	follower->ended = clock_now();
	follower_pause(follower);
	if (outcome->kind == OUTCOME_READY)
		follower->home_failed = 0;
	else if (outcome->kind != OUTCOME_LOCAL)
		follower->home_failed++;
}

static void follower_on_early(void *arg)
{
	(void)arg; /* the next look is soon enough */
}

/* Returns the attempt that looks at home alone. */
static struct attempt *follower_home(struct follower *follower)
{
	const struct attempt_owner wants = {.done = follower_on_home_done, .early = follower_on_early, .arg = follower};

	if (follower->home_attempt)
		return follower->home_attempt;
	follower->home_endpoint = (struct endpoint){
		.host = follower->home.host, .address = follower->home.address, .port = follower->home.port};
	follower->at_home = *follower->last.target;
	follower->at_home.endpoints = &follower->home_endpoint;
	follower->at_home.endpoint_count = 1;
	follower->home_attempt = attempt_new(follower->owner->pool, &follower->at_home, false, &wants);
	return follower->home_attempt;
}

static void follower_on_look(void *arg)
{
	struct follower *follower = arg;
	int64_t limit = follower->last.target->settings.attempt_timeout;

	follower->began = clock_now();
	if (!session_take_socket(follower->owner->pool->session)) {
		follower_pause(follower);
		return;
	}
	attempt_start(follower->looks_home ? follower_home(follower) : follower->attempt, limit, 0, false);
	follower->looks_home = false;
}

void follower_open(struct follower *follower, const struct follower_owner *owner, struct progress *progress)
{
	const struct attempt_owner wants = {.done = follower_on_done, .early = follower_on_early, .arg = follower};

	*follower = (struct follower){.owner = owner, .progress = progress, .last = *progress, .home = progress->place};
	follower->attempt = attempt_new(owner->pool, progress->target, false, &wants);
	follower->began = follower->ended = clock_now();
	loop_timer_init(owner->pool->session->loop, &follower->look, follower_on_look, follower);
	follower_pause(follower);
}

void follower_close(struct follower *follower)
{
	loop_timer_clear(&follower->look);
	follower_drop_home(follower);
	attempt_free(follower->attempt);
	follower->attempt = NULL;
}
