#include "system/process.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system/ending.h"

enum { PROCESS_SIGNALS = 64 };

enum { KERNEL_SET_SIZE = 8 }; /* 64 signals; a sigset_t has room for more */

/* Calls the kernel directly: the C library tells nothing of the signals that it uses itself (32 to 34 in musl). */
static bool process_ignores(int signal_number)
{
	/* struct sigaction of the kernel, on every machine that waitfor is built for: the handler is its first word. */
	unsigned long found[4] = {0};

	return syscall(SYS_rt_sigaction, signal_number, NULL, found, (size_t)KERNEL_SET_SIZE) == 0 &&
	       found[0] == (unsigned long)SIG_IGN;
}

/*
 * Opens "/" with O_PATH for each of 0, 1 and 2 that is closed. read and write then fail with EBADF, as on a closed
 * descriptor. "/" exists even in an empty root.
 */
static void process_hold_stdio(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * Calls the kernel directly. The C library hides the signals that it uses itself, so its sigprocmask would not return
 * them, and the app would not get them back.
 */
static void process_mask(int how, const sigset_t *set, sigset_t *found)
{
	syscall(SYS_rt_sigprocmask, how, set, found, (size_t)KERNEL_SET_SIZE);
}

/* The C library refuses to add the signals that it uses itself. */
static void process_add_signal(sigset_t *set, int number)
{
	enum { WORD = 8 * sizeof(unsigned long) };
	unsigned long *words = (unsigned long *)set; /* the kernel's form, in every C library */

	words[(number - 1) / WORD] |= 1UL << (number - 1) % WORD;
}

/* Signals by which the kernel reports that a write failed. */
static bool process_is_failed_write(int number)
{
	return number == SIGPIPE || number == SIGXFSZ;
}

/* Does its default action end a process? */
static bool process_is_deadly(int number)
{
	static const int harmless[] = {SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (number == harmless[i])
			return false;
	return number != SIGKILL; /* nobody can handle it */
}

/* Do the standard descriptors lead to a terminal? Then SIGWINCH says that its window has another size. */
static bool process_has_terminal(void)
{
	return isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
}

/*
 * Should the signal end the wait? As PID 1, each that would end another process: the default actions are missing, and
 * an image may name any signal as its STOPSIGNAL, such as SIGWINCH in those of Apache. Otherwise the default actions do
 * what is needed, but for the signals below: after these there are reports to write, or they come from a failed write.
 */
static bool process_ends_at(const struct process *process, int number)
{
	if (process_ignores(number))
		return false;
	if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT)
		return true;
	if (sigismember(&process->mask_found, number))
		return false; /* a program without handlers would not get it either */
	if (process_is_failed_write(number))
		return true;
	return process->is_init && (process_is_deadly(number) || (number == SIGWINCH && !process_has_terminal()));
}

/* Finds the signals that end the wait, and installs their handler. */
static void process_handle_signals(struct process *process)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (process_ends_at(process, i))
			process_add_signal(&wanted, i);
	ending_handle(&wanted, &process->ending);
	/* musl allows no handler for 32 to 34. */
	sigemptyset(&process->watched);
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (sigismember(&wanted, i) && !sigismember(&process->ending, i))
			process_add_signal(&process->watched, i);
	if (process->is_init && !process_ignores(SIGCHLD))
		process_add_signal(&process->watched, SIGCHLD);
}

void process_take(struct process *process)
{
	sigset_t all;

	process_hold_stdio();
	process->is_init = getpid() == 1;
	process->starts_children = process->ignored_children = process->is_parent = false;
	process->children = (struct children){0};
	memset(&all, 0xff, sizeof(all));
	sigemptyset(&process->mask_found);
	process_mask(SIG_BLOCK, &all, &process->mask_found);
	sigpending(&process->pending_found);
	process_handle_signals(process);
	process_mask(SIG_SETMASK, &process->mask_found, NULL);
	process_mask(SIG_BLOCK, &process->watched, NULL);
	process_mask(SIG_UNBLOCK, &process->ending, NULL);
}

int process_open_signals(const sigset_t *set)
{
	return signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int process_read_signal(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (!process_is_failed_write((int)info.ssi_signo) || info.ssi_pid != (uint32_t)getpid())
			return (int)info.ssi_signo;
	return 0;
}

const char *process_refuse_descriptor(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_PATH))
		return "not open";
	return (flags & O_ACCMODE) == O_RDONLY ? "open for reading only" : NULL;
}

/* Ends the process if one of the watched signals has arrived and the loop has not read it. */
static void process_end_at_watched(const struct process *process)
{
	const struct timespec at_once = {0};
	sigset_t ending = process->watched;
	int number;

	sigdelset(&ending, SIGCHLD);
	if (sigisemptyset(&ending))
		return;
	number = sigtimedwait(&ending, NULL, &at_once);
	if (number > 0)
		_exit(ending_exit_code(number));
}

/*
 * If the parent blocked SIGPIPE, a log line that nobody read has left it pending. The app must not get it, unless it
 * was pending before.
 */
static void process_drop_failed_writes(const struct process *process)
{
	const struct timespec at_once = {0};
	sigset_t ours;

	sigemptyset(&ours);
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (process_is_failed_write(i) && sigismember(&process->mask_found, i) &&
		    !sigismember(&process->pending_found, i))
			sigaddset(&ours, i);
	while (!sigisemptyset(&ours) && sigtimedwait(&ours, NULL, &at_once) > 0)
		;
}

/* Whoever started this process had the kernel throw the status of children away. */
static void process_ignore_children_again(const struct process *process)
{
	if (process->ignored_children)
		signal(SIGCHLD, SIG_IGN);
}

/*
 * A SIGCHLD of a child of ours must not be left for the app if the parent blocked it. But it may also be of a child that was
 * there before, and then the app must get it.
 */
static void process_forget_children(const struct process *process)
{
	const struct timespec at_once = {0};
	siginfo_t info = {0};
	sigset_t ends;

	if (!process->starts_children)
		return;
	process_ignore_children_again(process);
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	if (sigismember(&process->pending_found, SIGCHLD))
		return;
	while (sigtimedwait(&ends, NULL, &at_once) > 0)
		;
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
		raise(SIGCHLD);
}

void process_give_back(const struct process *process)
{
	/*
	 * exec resets a handler to the default action. That was the action at the start: ending has no ignored
	 * signals.
	 */
	ending_hurry();
	process_end_at_watched(process);
	process_drop_failed_writes(process);
	process_forget_children(process);
	process_mask(SIG_SETMASK, &process->mask_found, NULL);
}

void process_expect_children(struct process *process)
{
	sigset_t ends;

	if (process->starts_children)
		return;
	process->starts_children = true;
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	process_mask(SIG_BLOCK, &ends, NULL);
	process->ignored_children = process_ignores(SIGCHLD);
	if (process->ignored_children)
		signal(SIGCHLD, SIG_DFL);
}

void process_reap(struct process *process)
{
	/* Where SIGCHLD was ignored, the kernel would have reaped all, and will again. */
	children_reap(&process->children, process->is_init || process->ignored_children || process->is_parent);
}

/* Was the signal there at the start, for an app that blocks it? */
static bool process_is_for_app(const struct process *process, int number)
{
	return sigismember(&process->pending_found, number) && sigismember(&process->mask_found, number);
}

/* Takes what process_give_to_child raises again, so that it is not passed on as well. */
static void process_take_pending(const struct process *process)
{
	const struct timespec at_once = {0};
	sigset_t pending;

	sigemptyset(&pending);
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (process_is_for_app(process, i))
			process_add_signal(&pending, i);
	while (!sigisemptyset(&pending) && sigtimedwait(&pending, NULL, &at_once) > 0)
		;
}

void process_become_parent(struct process *process)
{
	process_expect_children(process);
	process->is_parent = true;
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (i != SIGKILL && i != SIGSTOP)
			process_add_signal(&process->watched, i);
	process_mask(SIG_BLOCK, &process->watched, NULL);
	process_take_pending(process);
	for (int i = 0; i < PROCESS_TIMERS; i++) {
		const struct itimerval none = {0};

		setitimer(i, &none, &process->timers[i]);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void process_give_to_child(const struct process *process)
{
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (sigismember(&process->ending, i))
			signal(i, SIG_DFL);
	process_ignore_children_again(process);
	for (int i = 1; i <= PROCESS_SIGNALS; i++)
		if (process_is_for_app(process, i))
			raise(i);
	for (int i = 0; i < PROCESS_TIMERS; i++)
		setitimer(i, &process->timers[i], NULL);
	process_mask(SIG_SETMASK, &process->mask_found, NULL);
}
