#include "system/process.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int process_ending_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

enum { PROCESS_SIGNALS = sizeof(process_ending_signals) / sizeof(process_ending_signals[0]) };

static bool process_ignores(int signal_number)
{
	struct sigaction found;

	return sigaction(signal_number, NULL, &found) == 0 && found.sa_handler == SIG_IGN;
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
	enum { KERNEL_SET_SIZE = 8 }; /* 64 signals; a sigset_t has room for more */

	syscall(SYS_rt_sigprocmask, how, set, found, (size_t)KERNEL_SET_SIZE);
}

void process_take(struct process *process)
{
	sigset_t blocked, pending;

	process_hold_stdio();
	process->is_init = getpid() == 1;
	process->children = NULL;
	sigemptyset(&process->ending);
	for (int i = 0; i < PROCESS_SIGNALS; i++)
		if (!process_ignores(process_ending_signals[i]))
			sigaddset(&process->ending, process_ending_signals[i]);
	process->watched = process->ending;
	if (process->is_init && !process_ignores(SIGCHLD))
		sigaddset(&process->watched, SIGCHLD);
	blocked = process->watched;
	sigaddset(&blocked, SIGPIPE); /* the wait must not end because nothing reads stderr any more */
	sigemptyset(&process->mask_found);
	process_mask(SIG_BLOCK, &blocked, &process->mask_found);
	sigpending(&pending);
	process->had_broken_pipe = sigismember(&pending, SIGPIPE);
}

int process_pending_signal(const struct process *process)
{
	const struct timespec at_once = {0};
	int signal_number = sigtimedwait(&process->ending, NULL, &at_once);

	return signal_number > 0 ? signal_number : 0;
}

int process_open_signals(const sigset_t *set)
{
	return signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int process_read_signal(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

int process_exit_code(int signal_number)
{
	return 128 + signal_number;
}

const char *process_refuse_descriptor(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_PATH))
		return "not open";
	return (flags & O_ACCMODE) == O_RDONLY ? "open for reading only" : NULL;
}

static void process_end(int signal_number)
{
	_exit(process_exit_code(signal_number));
}

void process_give_back(const struct process *process)
{
	const struct timespec at_once = {0};
	struct sigaction ending = {.sa_handler = process_end};
	sigset_t pipe_only;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	/* A log line without a reader leaves SIGPIPE pending; the app must not get it. */
	while (!process->had_broken_pipe && sigtimedwait(&pipe_only, NULL, &at_once) > 0)
		;
	/*
	 * exec resets a handler to the default action. That was the action at the start: ending has no ignored
	 * signals.
	 */
	for (int i = 0; i < PROCESS_SIGNALS; i++)
		if (sigismember(&process->ending, process_ending_signals[i]))
			sigaction(process_ending_signals[i], &ending, NULL);
	process_mask(SIG_SETMASK, &process->mask_found, NULL);
}

void process_add_child(struct process *process, struct process_child *child, pid_t pid)
{
	*child = (struct process_child){.pid = pid, .next = process->children};
	process->children = child;
}

void process_remove_child(struct process *process, const struct process_child *child)
{
	for (struct process_child **link = &process->children; *link; link = &(*link)->next)
		if (*link == child) {
			*link = child->next;
			return;
		}
}

/*
 * Collects the child with the PID `wanted`, or with -1 any child, and stores its status. Returns 0 or -1 if none has
 * ended.
 */
static pid_t process_collect(const struct process *process, pid_t wanted)
{
	int status;
	pid_t pid = waitpid(wanted, &status, WNOHANG);

	for (struct process_child *child = process->children; child && pid > 0; child = child->next)
		if (child->pid == pid && !child->ended) {
			child->status = status;
			child->ended = true;
		}
	return pid;
}

void process_reap(const struct process *process)
{
	while (process->is_init && process_collect(process, -1) > 0)
		;
	for (struct process_child *child = process->children; child; child = child->next)
		if (!child->ended)
			process_collect(process, child->pid);
}
