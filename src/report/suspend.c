#include "report/suspend.h"

#include <signal.h>
#include <unistd.h>

#include "system/process.h"

static sigset_t suspend_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	return set;
}

static bool suspend_is_wanted(const sigset_t *blocked)
{
	struct sigaction found;

	return !sigismember(blocked, SIGTSTP) && sigaction(SIGTSTP, NULL, &found) == 0 && found.sa_handler == SIG_DFL;
}

static void suspend_on_signal(void *arg, bool readable, bool writable)
{
	struct suspend *suspend = arg;
	sigset_t set = suspend_set();

	(void)writable;
	if (!readable || !process_read_signal(suspend->fd))
		return;
	suspend->leave(suspend->arg);
	/* Unblocked and with its default action, SIGTSTP stops the process here. It goes on after SIGCONT. */
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void suspend_watch(struct suspend *suspend, struct loop *loop, void (*leave)(void *arg), void *arg)
{
	sigset_t set = suspend_set(), blocked;

	*suspend = (struct suspend){.fd = -1, .leave = leave, .arg = arg};
	sigprocmask(SIG_BLOCK, &set, &blocked);
	if (suspend_is_wanted(&blocked))
		suspend->fd = process_open_signals(&set);
	if (suspend->fd < 0) {
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		return;
	}
	suspend->watch.ready = suspend_on_signal;
	suspend->watch.arg = suspend;
	loop_watch_set(loop, &suspend->watch, suspend->fd, true, false);
}

void suspend_clear(struct suspend *suspend)
{
	sigset_t set = suspend_set();

	if (suspend->fd <= 0)
		return;
	loop_watch_clear(&suspend->watch);
	close(suspend->fd);
	suspend->fd = -1;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
