#include "wait/peer.h"

#include "base/clock.h"

/* A timer that is later than this was not late because the machine is busy: the process was stopped, or frozen. */
#define PEER_FROZEN (100 * CLOCK_MS)
/* So much time a target gets after that. */
#define PEER_LAST_LOOK (1000 * CLOCK_MS)

static const struct target_settings *peer_settings(const struct peer *peer)
{
	return &peer->progress->target->settings;
}

static bool peer_is_as_wanted(const struct peer *peer)
{
	int down = peer->owner->plan->down;

	return down ? progress_is_down(peer->progress, down == PLAN_DOWN_ABSENT) : progress_is_ready(peer->progress);
}

static void peer_pause(struct peer *peer)
{
	int64_t now = clock_now();

	peer->progress->state = PROGRESS_PAUSED;
	peer->progress->next = schedule_next(&peer->current, peer->progress, pace_random(peer->owner->pace), now);
	if (peer->progress->next)
		loop_timer_set(&peer->pause, peer->progress->next - now);
}

/* While others have the lock, the time of a target that waits for its turn does not run. */
static void peer_renew(struct peer *peer, int64_t now)
{
	const struct target_settings *settings = peer_settings(peer);

	if (peer->progress->outcome.kind != OUTCOME_LOCKED || !settings->waits_for_turn || !settings->timeout)
		return;
	peer->current.deadline = now + settings->timeout;
	loop_timer_set(&peer->expiry, settings->timeout);
}

/* Records the result of an attempt. Returns whether the reason has changed since the previous attempt. */
static bool peer_record(struct peer *peer, const struct outcome *outcome, const struct place *place)
{
	struct progress *progress = peer->progress;
	int64_t now = clock_now();
	bool changed;

	if (progress->attempts && schedule_was_cut(&peer->current, peer_settings(peer), outcome, now)) {
		progress->attempts++;
		return false;
	}
	changed = progress_record(progress, outcome, place, now);
	peer_renew(peer, now);
	if (!schedule_was_cut(&peer->current, peer_settings(peer), outcome, now))
		progress->streak = peer_is_as_wanted(peer) ? progress->streak + 1 : 0;
	return changed;
}

static void peer_on_attempt(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct peer *peer = arg;
	const struct peer_owner *owner = peer->owner;
	bool changed;

	if (pace_count(owner->pace))
		pace_reckon(owner->pace, clock_spent(), clock_now());
	peer->progress->state = PROGRESS_PAUSED;
	changed = peer_record(peer, outcome, place);
	if (peer->progress->streak >= (unsigned)peer_settings(peer)->successes)
		peer_end(peer, PROGRESS_DONE);
	else if (owner->plan->once)
		peer_end(peer, PROGRESS_MISSED);
	else
		peer_pause(peer);
	owner->attempted(owner->arg, peer, changed);
}

/* Not after the pause: an address is ready now. */
static void peer_on_early(void *arg)
{
	struct peer *peer = arg;

	if (peer->progress->state == PROGRESS_PAUSED)
		loop_timer_set(&peer->pause, 0);
}

static void peer_on_pause(void *arg)
{
	struct peer *peer = arg;

	peer->owner->wants(peer->owner->arg, peer);
}

/*
 * Tries once more after a freeze (docker pause, SIGSTOP) that outlasted the deadline: nobody has looked for so long that
 * the last outcome proves nothing. Only once: a process whose share of the processor is throttled is late every time.
 */
static void peer_look_again(struct peer *peer, int64_t now)
{
	attempt_stop(peer->attempt); /* its time was up as well, and what hung before the freeze proves nothing */
	peer->looks_again = true;
	peer->current.deadline = now + PEER_LAST_LOOK;
	loop_timer_set(&peer->expiry, PEER_LAST_LOOK);
	if (peer->progress->state == PROGRESS_QUEUED)
		return;
	loop_timer_clear(&peer->pause);
	peer->owner->wants(peer->owner->arg, peer);
}

static void peer_on_expiry(void *arg)
{
	struct peer *peer = arg;
	int64_t now = clock_now();

	if (!peer->looks_again && now - peer->current.deadline > PEER_FROZEN) {
		peer_look_again(peer, now);
		return;
	}
	/* An attempt that runs still is late, because the machine is busy: its outcome would be told on this turn. */
	if (peer->progress->state == PROGRESS_TRYING)
		attempt_expire(peer->attempt);
	if (progress_is_over(peer->progress))
		return;
	peer_end(peer, PROGRESS_EXPIRED);
	peer->owner->expired(peer->owner->arg, peer);
}

void peer_open(struct peer *peer, const struct peer_owner *owner, struct progress *progress, int64_t now)
{
	const struct attempt_owner wants = {.done = peer_on_attempt, .early = peer_on_early, .arg = peer};
	int64_t timeout = progress->target->settings.timeout;

	peer->owner = owner;
	peer->progress = progress;
	peer->looks_again = false;
	peer->current = (struct schedule_attempt){.deadline = timeout ? now + timeout : 0};
	peer->attempt = attempt_new(owner->pool, progress->target, owner->plan->once || owner->plan->down, &wants);
	loop_timer_init(owner->pool->session->loop, &peer->pause, peer_on_pause, peer);
	loop_timer_init(owner->pool->session->loop, &peer->expiry, peer_on_expiry, peer);
	if (timeout)
		loop_timer_set(&peer->expiry, timeout);
}

bool peer_try(struct peer *peer)
{
	/* An outcome that ends the wait, or a row of successes, must be that of all addresses. */
	bool stays = peer->owner->plan->fail_fast || peer->progress->streak;

	if (!session_take_socket(peer->owner->pool->session))
		return false;
	peer->progress->state = PROGRESS_TRYING;
	peer->progress->next = 0;
	peer->current.began = clock_now();
	peer->current.limit = schedule_limit(peer_settings(peer), peer->current.deadline, peer->current.began);
	attempt_start(peer->attempt, peer->current.limit, peer->current.began - peer->progress->since, stays);
	return true;
}

void peer_end(struct peer *peer, enum progress_state state)
{
	attempt_stop(peer->attempt);
	loop_timer_clear(&peer->pause);
	loop_timer_clear(&peer->expiry);
	progress_end(peer->progress, state, clock_now());
}

void peer_close(struct peer *peer)
{
	loop_timer_clear(&peer->pause);
	loop_timer_clear(&peer->expiry);
	attempt_free(peer->attempt);
	peer->attempt = NULL;
}
