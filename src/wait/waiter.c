#include "wait/waiter.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wait/pace.h"
#include "wait/peer.h"

/* How many attempts one turn of the loop starts. Then the loop handles their results, and signals. */
enum { WAITER_BATCH = 16 };

struct waiter_member {
	struct peer peer;              /* must be first: a pointer to it is cast to the member */
	enum groups_standing standing; /* as its group's tally has counted it */
	struct waiter_member *behind;  /* the next one in the queue */
	size_t next_in_group;          /* index of the next target of its group; GROUPS_NONE: none */
};

/* The targets and the groups in a group, as linked lists of indices; GROUPS_NONE ends a list. */
struct waiter_group {
	size_t first_target, first_group; /* the heads of its two lists */
	size_t next_group;                /* the next group of the same parent */
};

struct waiter {
	const struct plan *plan;
	const struct sinks *sinks;
	struct session *session;
	struct runner_pool pool;
	struct waiter_result *result;
	struct waiter_member *members;
	struct waiter_group *groups;
	struct groups_tally *tallies; /* one for each group */
	struct pace pace;
	struct peer_owner owner;
	struct waiter_member *queue, **queue_end; /* targets that wait to start an attempt */
	struct loop_timer turn;                   /* starts attempts from the queue */
	size_t open;                              /* how many targets are not over */
	size_t last; /* the target that is begun when the others are done; GROUPS_NONE: none */
	bool ended;
};

static void waiter_end(struct waiter *waiter, enum verdict verdict)
{
	if (waiter->ended)
		return;
	waiter->ended = true;
	waiter->result->verdict = verdict;
	loop_stop(waiter->session->loop);
}

/* Adds a target at the end of the queue. So targets that hang cannot keep a target that is ready from being tried. */
static void waiter_enqueue(struct waiter *waiter, struct waiter_member *member)
{
	member->peer.progress->state = PROGRESS_QUEUED;
	member->peer.progress->next = 0;
	member->behind = NULL;
	*waiter->queue_end = member;
	waiter->queue_end = &member->behind;
}

static void waiter_dequeue(struct waiter *waiter)
{
	waiter->queue = waiter->queue->behind;
	if (!waiter->queue)
		waiter->queue_end = &waiter->queue;
}

/*
 * Starts an attempt at the peer if there is a socket for it and the pace allows it; the pace does not limit first attempts.
 * Returns whether it did; if not, waiter_on_turn is called at the right time, or when an attempt has ended.
 */
static bool waiter_try(struct waiter *waiter, struct peer *peer)
{
	int64_t due = peer->progress->attempts ? pace_due(&waiter->pace, clock_now()) : 0;

	if (due)
		loop_timer_set(&waiter->turn, due);
	return !due && peer_try(peer);
}

static void waiter_on_turn(void *arg)
{
	struct waiter *waiter = arg;

	for (int i = 0; waiter->queue && !waiter->ended; i++) {
		struct peer *peer = &waiter->queue->peer;

		if (i == WAITER_BATCH) {
			loop_timer_set(&waiter->turn, 0);
			return;
		}
		/* The target may be over by now. If it must wait, so must those behind it: each gets its turn. */
		if (peer->progress->state == PROGRESS_QUEUED && !waiter_try(waiter, peer))
			return;
		waiter_dequeue(waiter);
	}
}

static void waiter_on_wants(void *arg, struct peer *peer)
{
	struct waiter *waiter = arg;

	if (!waiter->queue && waiter_try(waiter, peer))
		return;
	waiter_enqueue(waiter, (struct waiter_member *)peer);
}

/* --fail-fast: is this an error that waiting cannot fix? */
static bool waiter_is_hopeless(const struct waiter *waiter, const struct progress *progress)
{
	return waiter->plan->fail_fast && !waiter->plan->down && outcome_info(progress->outcome.kind)->lasting;
}

static enum groups_standing waiter_standing(const struct waiter *waiter, const struct progress *progress)
{
	if (progress->state == PROGRESS_DONE)
		return GROUPS_WON;
	return progress_is_over(progress) || waiter_is_hopeless(waiter, progress) ? GROUPS_LOST : GROUPS_OPEN;
}

static void waiter_skip(struct waiter *waiter, struct waiter_member *member)
{
	struct progress *progress = member->peer.progress;

	if (progress->state == PROGRESS_DONE || progress->state == PROGRESS_SKIPPED)
		return;
	waiter->open -= !progress_is_over(progress);
	peer_end(&member->peer, PROGRESS_SKIPPED);
}

/*
 * An "any" group has won, for example because one of three replicas is ready. Its other targets are not tried any more,
 * and those that had expired count as skipped.
 */
static void waiter_skip_group(struct waiter *waiter, size_t index)
{
	const struct waiter_group *group = &waiter->groups[index];

	for (size_t i = group->first_target; i != GROUPS_NONE; i = waiter->members[i].next_in_group)
		waiter_skip(waiter, &waiter->members[i]);
	for (size_t i = group->first_group; i != GROUPS_NONE; i = waiter->groups[i].next_group)
		waiter_skip_group(waiter, i);
}

/* Begins the wait for a target. */
static void waiter_begin(struct waiter *waiter, size_t index, int64_t now)
{
	struct progress *progress = &waiter->result->progress[index];

	progress_init(progress, progress->target, now);
	peer_open(&waiter->members[index].peer, &waiter->owner, progress, now);
	waiter_enqueue(waiter, &waiter->members[index]);
}

/* All others are done: a lock that was taken earlier would be held while nothing can be done under it. */
static void waiter_begin_last(struct waiter *waiter)
{
	waiter_begin(waiter, waiter->last, clock_now());
	waiter->last = GROUPS_NONE;
}

/*
 * Updates the groups after a change of the member, and ends the wait when they are decided. loss is the verdict if they
 * are lost. --once goes on until every target has a reason.
 */
static void waiter_judge(struct waiter *waiter, struct waiter_member *member, enum verdict loss)
{
	const struct plan *plan = waiter->plan;
	const struct progress *progress = member->peer.progress;
	enum groups_standing standing = waiter_standing(waiter, progress);
	size_t won = groups_change(plan->groups, waiter->tallies, progress->target->group, member->standing, standing);

	member->standing = standing;
	waiter->open -= progress_is_over(progress);
	if (waiter->tallies[0].standing == GROUPS_LOST && (!plan->once || waiter->open == 0)) {
		waiter_end(waiter, plan->once ? VERDICT_NOT_READY : loss);
		return;
	}
	if (won != GROUPS_NONE)
		waiter_skip_group(waiter, won);
	if (waiter->last != GROUPS_NONE && waiter->tallies[0].open == 1)
		waiter_begin_last(waiter);
	if (waiter->tallies[0].standing == GROUPS_WON)
		waiter_end(waiter, VERDICT_READY);
	else if (waiter->queue)
		loop_timer_set(&waiter->turn, 0); /* a socket is free again */
}

static void waiter_on_attempted(void *arg, struct peer *peer, bool changed)
{
	struct waiter *waiter = arg;

	if (peer->progress->state == PROGRESS_DONE)
		sinks_done(waiter->sinks, peer->progress);
	else
		sinks_attempted(waiter->sinks, peer->progress, changed);
	waiter_judge(waiter, (struct waiter_member *)peer, VERDICT_GAVE_UP);
}

static void waiter_on_expired(void *arg, struct peer *peer)
{
	waiter_judge(arg, (struct waiter_member *)peer, VERDICT_TIMED_OUT);
}

/* Makes the lists of all groups, and the tallies for the beginning of the wait. */
static void waiter_open_groups(struct waiter *waiter)
{
	const struct plan *plan = waiter->plan;

	waiter->tallies = alloc_zero(plan->group_count, sizeof(*waiter->tallies));
	waiter->groups = alloc_zero(plan->group_count, sizeof(*waiter->groups));
	for (size_t i = 0; i < plan->group_count; i++)
		waiter->groups[i] = (struct waiter_group){GROUPS_NONE, GROUPS_NONE, GROUPS_NONE};
	for (size_t i = plan->group_count; i-- > 1;) {
		struct waiter_group *parent = &waiter->groups[plan->groups[i].parent];

		waiter->groups[i].next_group = parent->first_group;
		parent->first_group = i;
	}
	for (size_t i = plan->target_count; i-- > 0;) {
		size_t group = plan->targets[i].group;

		waiter->members[i].standing = GROUPS_OPEN;
		waiter->members[i].next_in_group = waiter->groups[group].first_target;
		waiter->groups[group].first_target = i;
		groups_count(&waiter->tallies[group], GROUPS_OPEN);
	}
	groups_judge(plan->groups, waiter->tallies, plan->group_count);
}

static void waiter_open(struct waiter *waiter, int64_t now)
{
	const struct plan *plan = waiter->plan;

	waiter->owner = (struct peer_owner){.pool = &waiter->pool,
					    .plan = plan,
					    .pace = &waiter->pace,
					    .wants = waiter_on_wants,
					    .attempted = waiter_on_attempted,
					    .expired = waiter_on_expired,
					    .arg = waiter};
	waiter->pool.session = waiter->session;
	waiter->queue_end = &waiter->queue;
	waiter->open = plan->target_count;
	waiter->members = alloc_zero(plan->target_count, sizeof(*waiter->members));
	loop_timer_init(waiter->session->loop, &waiter->turn, waiter_on_turn, waiter);
	waiter_open_groups(waiter);
	for (size_t i = 0; i < plan->target_count; i++) {
		progress_init(&waiter->result->progress[i], &plan->targets[i], now);
		waiter->members[i].peer.progress = &waiter->result->progress[i];
		if (plan->targets[i].lock)
			waiter->last = i;
		else
			waiter_begin(waiter, i, now);
	}
	pace_init(&waiter->pace, clock_spent(), now);
	waiter_on_turn(waiter);
}

/* Frees all attempts. It is called before the reports are written, because they may need the descriptors. */
static void waiter_close(struct waiter *waiter)
{
	loop_timer_clear(&waiter->turn);
	for (size_t i = 0; i < waiter->plan->target_count; i++)
		peer_close(&waiter->members[i].peer);
	runner_pool_release(&waiter->pool);
	free(waiter->members);
	free(waiter->groups);
	free(waiter->tallies);
}

int waiter_run(struct waiter_result *result, struct session *session, const struct plan *plan,
	       const struct sinks *sinks, struct error *err)
{
	struct waiter waiter = {
		.plan = plan, .sinks = sinks, .session = session, .result = result, .last = GROUPS_NONE};
	struct sinks_view view = {.count = plan->target_count,
				  .started = clock_now(),
				  .timeout = plan_longest_timeout(plan),
				  .down = plan->down != PLAN_DOWN_OFF,
				  .any = plan_one_is_enough(plan),
				  .once = plan->once != 0};
	int failed = 0;

	/* Not ready until all targets were found ready: if anything below fails, the app must not start. */
	*result = (struct waiter_result){.verdict = VERDICT_NOT_READY};
	result->progress = alloc_zero(plan->target_count, sizeof(*result->progress));
	view.list = result->progress;
	waiter_open(&waiter, view.started);
	sinks_begin(sinks, &view, session->loop);
	/* --links found no targets. Then the loop must not run: nothing would stop it. */
	if (plan->target_count == 0)
		result->verdict = VERDICT_READY;
	else
		failed = loop_run(session->loop, &result->signal, err);
	if (result->signal)
		result->verdict = VERDICT_SIGNALLED;
	view.ended = clock_now();
	waiter_close(&waiter);
	sinks_end(sinks, result->verdict, result->signal);
	return failed;
}

void waiter_release(struct waiter_result *result)
{
	free(result->progress);
	*result = (struct waiter_result){0};
}
