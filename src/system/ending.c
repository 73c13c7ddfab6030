#include "system/ending.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long the loop may take to notice a signal, and then for the reports, in milliseconds. */
enum { ENDING_PATIENCE_MS = 500, ENDING_GRACE_MS = 3000, ENDING_SIGNALS = 64 };

/*
 * The only variable of this program that is not passed around: a handler gets no argument. The handler runs with all
 * signals of the set blocked, so no handler interrupts another.
 */
static struct {
	volatile sig_atomic_t first;    /* the first signal; 0: none yet */
	volatile sig_atomic_t fd;       /* of ending_watch; -1: none */
	volatile sig_atomic_t in_hurry; /* see ending_hurry */
	struct timespec when;           /* when first arrived; only the handler uses it */
	/*
	 * The kernel's number of a timer, which sends another signal of the set when the time is up. exec deletes it. It is
	 * not setitimer's, which the app inherits (FACTS 38). And the kernel is asked directly: with musl's timer_create
	 * come 4 kB for threads, since a timer may start one.
	 */
	int timer;
	bool has_timer; /* without it only a second signal ends a process that hangs */
} ending = {.fd = -1};

int ending_exit_code(int signal_number)
{
	return 128 + signal_number;
}

static int64_t ending_ms_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
}

static void ending_set_timer(int64_t ms)
{
	const struct itimerspec time = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 + 1}};

	if (ending.has_timer)
		syscall(SYS_timer_settime, ending.timer, 0, &time, NULL);
}

/* The kernel sends these to a process that writes where it cannot. The write fails, and only that text is lost. */
static bool ending_is_failed_write(int number, const siginfo_t *info)
{
	return (number == SIGPIPE || number == SIGXFSZ) && (info->si_code == SI_USER || info->si_code == SI_TKILL) &&
	       info->si_pid == getpid();
}

/* Would the program only fail again if it went on? Such signals are an illegal access, or abort(). */
static bool ending_is_fault(int number, const siginfo_t *info)
{
	switch (number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
		return info->si_code > 0;
	case SIGABRT:
		return info->si_pid == getpid();
	default:
		return false;
	}
}

/* Tells the loop. A full descriptor would be readable, so the result does not matter. */
static void ending_tell(void)
{
	const uint64_t one = 1;

	if (ending.fd >= 0)
		(void)!write(ending.fd, &one, sizeof(one));
}

/*
 * Another signal after the first. timeout(1) sends the same one twice within microseconds, so it ends the process only
 * when the patience for the first is over.
 */
static void ending_on_another(const siginfo_t *info)
{
	int64_t waited = ending_ms_since(&ending.when);

	if (info->si_code == SI_TIMER || waited >= ENDING_PATIENCE_MS)
		_exit(ending_exit_code(ending.first));
	ending_set_timer(ENDING_PATIENCE_MS - waited);
}

static void ending_on_signal(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (ending_is_failed_write(number, info))
		return;
	if (ending.in_hurry || ending_is_fault(number, info))
		_exit(ending_exit_code(ending.first ? ending.first : number));
	if (ending.first) {
		ending_on_another(info);
	} else {
		ending.first = number;
		clock_gettime(CLOCK_MONOTONIC, &ending.when);
		ending_set_timer(ENDING_PATIENCE_MS);
		ending_tell();
	}
	errno = saved;
}

void ending_handle(const sigset_t *wanted, sigset_t *handled)
{
	/* SA_RESTART: a library may take EINTR for a failure. */
	struct sigaction action = {.sa_sigaction = ending_on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};

	action.sa_mask = *wanted;
	sigemptyset(handled);
	for (int i = 1; i <= ENDING_SIGNALS; i++) {
		if (!sigismember(wanted, i) || sigaction(i, &action, NULL))
			continue;
		sigaddset(handled, i);
		if (!event.sigev_signo || i == SIGTERM)
			event.sigev_signo = i;
	}
	if (event.sigev_signo)
		ending.has_timer = syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &ending.timer) == 0;
}

int ending_noted(void)
{
	return ending.first;
}

int ending_watch(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	ending.fd = fd;
	if (ending.first)
		ending_tell();
	return fd;
}

void ending_unwatch(int fd)
{
	ending.fd = -1;
	if (fd >= 0)
		close(fd);
}

void ending_notice(void)
{
	ending_set_timer(ENDING_GRACE_MS);
}

void ending_hurry(void)
{
	ending.in_hurry = true;
	if (ending.first)
		_exit(ending_exit_code(ending.first));
}
