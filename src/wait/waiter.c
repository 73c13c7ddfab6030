#include "wait/waiter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "attempt/attempt.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/dns.h"
#include "net/loop.h"
#include "wait/schedule.h"

/* Descriptors that are not for attempts (stdio, loop, resolver), and what one attempt may hold. */
enum { WAITER_OWN_DESCRIPTORS = 32, WAITER_ATTEMPT_DESCRIPTORS = 4 };

enum waiter_state {
	WAITER_PAUSED, /* between two attempts */
	WAITER_QUEUED, /* wants one, too many are running */
	WAITER_TRYING, /* in one */
	WAITER_OVER    /* done, spared, its time is up, or --once has had its round */
};

struct waiter_target {
	struct waiter *waiter;
	struct progress *progress;
	struct attempt *attempt;
	enum waiter_state state;
	struct schedule_attempt trial;
	struct loop_timer pause, expiry;
};

struct waiter {
	const struct plan *plan;
	const struct sinks *report;
	struct loop *loop;
	struct dns *dns;
	struct waiter_result *result;
	struct waiter_target *targets;
	size_t running, running_max;
	size_t turn;                  /* whose turn is next when attempts have to queue */
	struct groups_tally *tallies; /* one for each group */
	uint64_t random;
	bool ended;
};

/* Descriptors are what attempts at once are bounded by. The limit itself is the app's (FACTS 38). */
static size_t waiter_attempts_at_once(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return 1024;
	if (limit.rlim_cur < WAITER_OWN_DESCRIPTORS + WAITER_ATTEMPT_DESCRIPTORS)
		return 1;
	return (size_t)(limit.rlim_cur - WAITER_OWN_DESCRIPTORS) / WAITER_ATTEMPT_DESCRIPTORS;
}

/* xorshift64*: for jitter only. Seeded by the kernel, since clients started together share clock and pid. */
static uint32_t waiter_random(struct waiter *waiter)
{
	waiter->random ^= waiter->random >> 12;
	waiter->random ^= waiter->random << 25;
	waiter->random ^= waiter->random >> 27;
	return (uint32_t)(waiter->random * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static void waiter_end(struct waiter *waiter, enum verdict verdict)
{
	if (waiter->ended)
		return;
	waiter->ended = true;
	waiter->result->verdict = verdict;
	loop_stop(waiter->loop);
}

static const struct target_settings *waiter_settings(const struct waiter_target *target)
{
	return &target->progress->target->settings;
}

static void waiter_try(struct waiter_target *target)
{
	struct waiter *waiter = target->waiter;

	if (waiter->running >= waiter->running_max) {
		target->state = WAITER_QUEUED;
		return;
	}
	waiter->running++;
	target->state = WAITER_TRYING;
	target->progress->next = 0;
	target->progress->trying = true;
	target->trial.began = clock_now();
	target->trial.limit = schedule_limit(waiter_settings(target), target->trial.deadline, target->trial.began);
	attempt_start(target->attempt, target->trial.limit, target->trial.began - target->progress->since);
}

static void waiter_on_pause(void *arg)
{
	waiter_try(arg);
}

/* In turn: a target that hangs must not keep one that is ready from ever being asked. */
static void waiter_try_queued(struct waiter *waiter)
{
	size_t count = waiter->plan->target_count, first = waiter->turn;

	for (size_t i = 0; i < count && waiter->running < waiter->running_max; i++) {
		struct waiter_target *target = &waiter->targets[(first + i) % count];

		if (target->state != WAITER_QUEUED)
			continue;
		waiter->turn = (first + i + 1) % count;
		waiter_try(target);
	}
}

static bool waiter_is_as_wanted(const struct waiter *waiter, const struct progress *progress)
{
	if (waiter->plan->down)
		return progress_is_down(progress, waiter->plan->down == PLAN_DOWN_ABSENT);
	return progress_is_ready(progress);
}

/* --fail-fast: will waiting not help? */
static bool waiter_is_hopeless(const struct waiter_target *target)
{
	const struct plan *plan = target->waiter->plan;

	return plan->fail_fast && !plan->down && outcome_info(target->progress->outcome.kind)->lasting;
}

static enum groups_standing waiter_standing(const struct waiter_target *target)
{
	if (target->progress->done)
		return GROUPS_WON;
	return target->state == WAITER_OVER || waiter_is_hopeless(target) ? GROUPS_LOST : GROUPS_OPEN;
}

/* The target is over. An attempt that is running is broken off: others may wait for its descriptors. */
static void waiter_retire(struct waiter_target *target)
{
	if (target->state == WAITER_TRYING) {
		attempt_stop(target->attempt);
		target->waiter->running--;
	}
	loop_timer_clear(&target->pause);
	loop_timer_clear(&target->expiry);
	target->state = WAITER_OVER;
	target->progress->next = 0;
	target->progress->trying = false;
}

/* One of three replicas is there: the others need not be asked any more, and one whose time was up is not missed. */
static void waiter_spare(struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->plan->target_count; i++) {
		struct waiter_target *target = &waiter->targets[i];
		size_t group = target->progress->target->group;

		if (target->progress->done || !groups_is_settled(waiter->plan->groups, waiter->tallies, group))
			continue;
		target->progress->spared = true;
		waiter_retire(target);
	}
}

/* Ends the wait when the groups are decided; loss: what it is when they are lost. --once goes on until each reason is known. */
static void waiter_judge(struct waiter *waiter, enum verdict loss)
{
	const struct plan *plan = waiter->plan;
	size_t over = 0;

	memset(waiter->tallies, 0, plan->group_count * sizeof(*waiter->tallies));
	for (size_t i = 0; i < plan->target_count; i++) {
		groups_count(&waiter->tallies[plan->targets[i].group], waiter_standing(&waiter->targets[i]));
		over += waiter->targets[i].state == WAITER_OVER;
	}
	groups_judge(plan->groups, waiter->tallies, plan->group_count);
	if (waiter->tallies[0].standing == GROUPS_LOST && (!plan->once || over == plan->target_count)) {
		waiter_end(waiter, plan->once ? VERDICT_NOT_READY : loss);
		return;
	}
	waiter_spare(waiter);
	if (waiter->tallies[0].standing == GROUPS_WON)
		waiter_end(waiter, VERDICT_READY);
}

static void waiter_pause(struct waiter_target *target)
{
	int64_t now = clock_now();

	target->state = WAITER_PAUSED;
	target->progress->next = schedule_next(&target->trial, target->progress, waiter_random(target->waiter), now);
	if (target->progress->next)
		loop_timer_set(&target->pause, target->progress->next - now);
}

/* Takes in what the attempt gave. Returns whether the target is done. */
static bool waiter_record(struct waiter_target *target, const struct outcome *outcome, const struct place *place,
			  bool *changed)
{
	struct progress *progress = target->progress;
	int64_t now = clock_now();

	*changed = false;
	if (schedule_was_cut(&target->trial, waiter_settings(target), outcome, now)) {
		if (progress->attempts > 0)
			progress->attempts++;
		else
			*changed = progress_record(progress, outcome, place, now);
		return false;
	}
	*changed = progress_record(progress, outcome, place, now);
	progress->streak = waiter_is_as_wanted(target->waiter, progress) ? progress->streak + 1 : 0;
	return progress->streak >= (unsigned)waiter_settings(target)->successes;
}

static void waiter_on_attempt(void *arg, const struct outcome *outcome, const struct place *place)
{
	struct waiter_target *target = arg;
	struct waiter *waiter = target->waiter;
	bool changed;

	waiter->running--;
	target->state = WAITER_PAUSED;
	target->progress->trying = false;
	if (waiter_record(target, outcome, place, &changed)) {
		progress_finish(target->progress, clock_now());
		waiter_retire(target);
		sinks_done(waiter->report, target->progress);
	} else {
		if (waiter->plan->once)
			waiter_retire(target);
		else
			waiter_pause(target);
		sinks_attempted(waiter->report, target->progress, changed);
	}
	waiter_judge(waiter, VERDICT_GAVE_UP);
	if (!waiter->ended)
		waiter_try_queued(waiter);
}

static void waiter_on_expiry(void *arg)
{
	struct waiter_target *target = arg;

	progress_expire(target->progress, clock_now());
	waiter_retire(target);
	waiter_judge(target->waiter, VERDICT_TIMED_OUT);
	if (!target->waiter->ended)
		waiter_try_queued(target->waiter);
}

static void waiter_open(struct waiter *waiter, int64_t now)
{
	const struct plan *plan = waiter->plan;

	if (getrandom(&waiter->random, sizeof(waiter->random), GRND_NONBLOCK) < 0)
		waiter->random = (uint64_t)now;
	waiter->random |= 1; /* zero would stay zero */
	waiter->running_max = waiter_attempts_at_once();
	waiter->dns = dns_new(waiter->loop);
	waiter->targets = alloc_zero(plan->target_count, sizeof(*waiter->targets));
	waiter->tallies = alloc_zero(plan->group_count, sizeof(*waiter->tallies));
	for (size_t i = 0; i < plan->target_count; i++) {
		struct waiter_target *target = &waiter->targets[i];
		int64_t timeout = plan->targets[i].settings.timeout;

		target->waiter = waiter;
		target->progress = &waiter->result->progress[i];
		progress_init(target->progress, &plan->targets[i], now);
		target->attempt = attempt_new(waiter->loop, waiter->dns, &plan->targets[i], plan->once || plan->down,
					      waiter_on_attempt, target);
		loop_timer_init(waiter->loop, &target->pause, waiter_on_pause, target);
		loop_timer_init(waiter->loop, &target->expiry, waiter_on_expiry, target);
		if (timeout) {
			target->trial.deadline = now + timeout;
			loop_timer_set(&target->expiry, timeout);
		}
		waiter_try(target);
	}
}

static void waiter_close(struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->plan->target_count; i++) {
		loop_timer_clear(&waiter->targets[i].pause);
		loop_timer_clear(&waiter->targets[i].expiry);
		attempt_free(waiter->targets[i].attempt);
	}
	free(waiter->targets);
	free(waiter->tallies);
	dns_free(waiter->dns);
	loop_free(waiter->loop);
}

int waiter_run(struct waiter_result *result, const struct plan *plan, const struct process *process,
	       const struct sinks *report, struct error *err)
{
	struct waiter waiter = {.plan = plan, .report = report, .result = result};
	struct sinks_view view = {.count = plan->target_count,
				  .started = clock_now(),
				  .timeout = plan_longest_timeout(plan),
				  .down = plan->down != PLAN_DOWN_OFF};
	int failed = 0;

	/* Ready is only what was found ready: whatever goes wrong below, the app must not start. */
	*result = (struct waiter_result){.verdict = VERDICT_NOT_READY};
	waiter.loop = loop_new(process, err);
	if (!waiter.loop)
		return -1;
	result->progress = alloc_zero(plan->target_count, sizeof(*result->progress));
	view.list = result->progress;
	waiter_open(&waiter, view.started);
	sinks_begin(report, &view, waiter.loop);
	/* --links, and there are none: nothing would ever stop the loop. */
	if (plan->target_count == 0)
		result->verdict = VERDICT_READY;
	else
		failed = loop_run(waiter.loop, &result->signal, err);
	if (result->signal)
		result->verdict = VERDICT_SIGNALLED;
	view.ended = clock_now();
	sinks_end(report, result->verdict, result->signal);
	waiter_close(&waiter);
	return failed;
}

void waiter_release(struct waiter_result *result)
{
	free(result->progress);
	*result = (struct waiter_result){0};
}
