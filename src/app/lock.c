#include "app/lock.h"

#include "attempt/locking.h"
#include "attempt/probe.h"
#include "target/scheme.h"

/* A lock that is held while the command runs. */
struct lock {
	const struct target *target;
	struct log *log;
	struct stay *stay;
	struct loop_watch session;
	bool is_lost;
};

static const struct locking *lock_locking(const struct target *target)
{
	return target->scheme->protocol->locking;
}

const struct target *lock_target(const struct plan *plan)
{
	return plan->target_count && plan->targets[plan->target_count - 1].lock ? &plan->targets[plan->target_count - 1]
										: NULL;
}

int lock_check(const struct plan *plan, bool has_command, struct error *err)
{
	for (size_t i = 0; i < plan->target_count && has_command && !lock_target(plan); i++)
		if (plan->targets[i].once)
			return errors_set(
				err,
				"target \"%s\": once is for a command that runs under a lock; write --lock NAME as "
				"well",
				plan->targets[i].text);
	return 0;
}

bool lock_is_done(const struct target *target, struct log *log)
{
	if (!target || !lock_locking(target)->is_done(target))
		return false;
	log_line(log, LOG_LEVEL_NORMAL, "%s: \"%s\" has succeeded before, so the command does not run again",
		 target->text, target->once);
	return true;
}

static void lock_on_session(void *arg, bool readable, bool writable)
{
	struct lock *lock = arg;

	(void)readable;
	(void)writable;
	if (lock_locking(lock->target)->stands(lock->target))
		return;
	lock->is_lost = true;
	loop_watch_clear(&lock->session);
	log_line(lock->log, LOG_LEVEL_ERROR, "%s: lost, so somebody else may have it; sending SIGTERM to %s",
		 lock->target->text, lock->stay->call->command[0]);
	stay_stop(lock->stay, lock->stay->call->settings->kill_after);
}

static void lock_on_open(void *arg, struct stay *stay)
{
	struct lock *lock = arg;

	lock->stay = stay;
	lock->session = (struct loop_watch){.ready = lock_on_session, .arg = lock};
	loop_watch_set(stay->loop, &lock->session, lock_locking(lock->target)->fd(lock->target), true, false);
}

static void lock_on_close(void *arg)
{
	struct lock *lock = arg;

	loop_watch_clear(&lock->session);
}

int lock_run(const struct target *target, const struct stay_call *call, struct process *process, struct error *err)
{
	struct lock lock = {.target = target, .log = call->log};
	struct stay_call with = *call;
	int code;

	with.opened = lock_on_open;
	with.closes = lock_on_close;
	with.arg = &lock;
	code = stay_run(&with, process, err);
	if (code != 0)
		return code;
	if (lock.is_lost)
		return errors_set(err, "%s: it was lost while %s ran, so that is no success", target->text,
				  call->command[0]);
	return lock_locking(target)->note(target, err);
}
