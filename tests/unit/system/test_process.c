#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process.h"

/* These functions change the whole process, so each runs in a child, which prints on stdout what it found. */

static void tell_set(const char *name, const sigset_t *set)
{
	printf("%s:", name);
	for (int i = 1; i < 64; i++)
		if (sigismember(set, i) == 1)
			printf(" %s", i == SIGRTMIN + 1 ? "RTMIN+1" : sigabbrev_np(i) ? sigabbrev_np(i) : "?");
	printf("\n");
}

static void tell_mask(const char *name)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	tell_set(name, &mask);
}

static void block_only(int first, int second)
{
	sigset_t mask;

	sigemptyset(&mask);
	if (first)
		sigaddset(&mask, first);
	if (second)
		sigaddset(&mask, second);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void take_and_give_back(void *arg)
{
	struct process process;

	(void)arg;
	block_only(SIGUSR1, SIGRTMIN + 1);
	signal(SIGHUP, SIG_IGN);
	process_take(&process);
	tell_set("ending", &process.ending);
	tell_set("watched", &process.watched);
	tell_set("found", &process.mask_found);
	tell_mask("taken");
	printf("init: %d\n", process.is_init);
	process_give_back(&process);
	tell_mask("given back");
	printf("HUP ignored: %d\n", signal(SIGHUP, SIG_DFL) == SIG_IGN);
}

/* Mask and dispositions are restored, and a signal that is ignored at the start stays ignored (FACTS 37). */
static void test_masks(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, take_and_give_back, NULL);
	check_int("exit", child.code, 0);
	check_text("masks", child.text,
		   "ending: INT QUIT PIPE TERM XFSZ\n"
		   "watched:\n"
		   "found: USR1 RTMIN+1\n"
		   "taken: USR1 RTMIN+1\n"
		   "init: 0\n"
		   "given back: USR1 RTMIN+1\n"
		   "HUP ignored: 1\n");
}

static void read_signals(void *arg)
{
	sigset_t set;
	int fd;

	(void)arg;
	block_only(SIGUSR1, SIGUSR2);
	sigprocmask(SIG_BLOCK, NULL, &set);
	fd = process_open_signals(&set);
	printf("%d", process_read_signal(fd));
	raise(SIGUSR2);
	raise(SIGUSR1);
	for (int i = 0; i < 3; i++)
		printf(" %d", process_read_signal(fd));
	printf(", closed at exec: %d", fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

/* One after the other, and none where there is none: it does not wait. */
static void test_signals_are_read(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, read_signals, NULL);
	check_text("read", child.text, "0 10 12 0, closed at exec: 1"); /* the kernel gives the lowest number first */
}

struct end_row {
	const char *name;
	int number;
	bool before; /* the signal arrives before the mask is restored */
	int code;
};

static void end_by_signal(void *arg)
{
	const struct end_row *row = arg;
	struct process process;

	block_only(0, 0);
	process_take(&process);
	if (row->before)
		raise(row->number);
	process_give_back(&process);
	if (!row->before)
		raise(row->number);
	printf("alive");
	fflush(stdout);
	_exit(7);
}

/*
 * "Until then an ending signal ends the process with 128+n": also as PID 1, where the default action does nothing
 * (FACTS 35).
 */
static void test_end(void **state)
{
	static const struct end_row rows[] = {
		{"TERM before", SIGTERM, true, 143}, {"TERM after", SIGTERM, false, 143},
		{"INT before", SIGINT, true, 130},   {"INT after", SIGINT, false, 130},
		{"HUP after", SIGHUP, false, 129},   {"QUIT after", SIGQUIT, false, 131},
		{"our own PIPE", SIGPIPE, true, 7},  {"our own XFSZ", SIGXFSZ, true, 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct end_row row = rows[i];
		struct unit_child child;

		unit_child_run(&child, end_by_signal, &row);
		check_int(row.name, child.code, row.code);
		check_text(row.name, child.text, row.code == 7 ? "alive" : "");
	}
}

/* The process exits by itself. The default action would kill it by a signal, and do nothing as PID 1. */
static void end_and_tell(void *arg)
{
	struct process process;
	int status;
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		block_only(0, 0);
		process_take(&process);
		process_give_back(&process);
		raise(SIGTERM);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	printf("exited: %d, %d", WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

static void test_the_process_ends_itself(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, end_and_tell, NULL);
	check_text("exit", child.text, "exited: 1, 143");
}

static void break_pipe(void *arg)
{
	bool before = *(const bool *)arg;
	struct process process;
	sigset_t pending;

	block_only(SIGPIPE, 0);
	if (before)
		raise(SIGPIPE);
	process_take(&process);
	raise(SIGPIPE); /* a log line that nobody read */
	process_give_back(&process);
	sigpending(&pending);
	tell_set("pending", &pending);
	tell_mask("mask");
}

/* If the parent blocked SIGPIPE and one was pending, it stays pending for the app. One that waitfor caused does not. */
static void test_pipe_found_blocked(void **state)
{
	struct unit_child child;
	bool before = true;

	(void)state;
	unit_child_run(&child, break_pipe, &before);
	check_text("found pending", child.text, "pending: PIPE\nmask: PIPE\n");
	before = false;
	unit_child_run(&child, break_pipe, &before);
	check_text("ours", child.text, "pending:\nmask: PIPE\n");
}

/* As signal(2), but also for those that the C library uses itself. posix_spawn of glibc ignores 32 and 33. */
static void dispose(int number, void (*handler)(int))
{
	unsigned long action[4] = {(unsigned long)handler}; /* the kernel's form */

	if (syscall(SYS_rt_sigaction, number, action, NULL, (size_t)8))
		_exit(43);
}

static void take_as_init(void *arg)
{
	bool ignored = *(const bool *)arg;
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
		_exit(42);
	pid = fork();
	if (pid < 0)
		_exit(42);
	if (pid == 0) {
		struct process process;

		block_only(0, 0);
		dispose(32, ignored ? SIG_IGN : SIG_DFL);
		dispose(33, SIG_DFL);
		dispose(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
		process_take(&process);
		printf("init: %d\n", process.is_init);
		tell_set("watched", &process.watched);
		tell_set("ending", &process.ending);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

#define INIT_ENDING                                                                                                    \
	"ending: HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU XFSZ VTALRM PROF WINCH " \
	"POLL PWR SYS ? RTMIN+1 ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ?\n"

/*
 * PID 1 reaps orphans. If it inherited SIGCHLD=SIG_IGN, the kernel reaps them (FACTS 37, 39). A signal that was ignored
 * stays so, also one that the C library hides.
 */
static void test_init(void **state)
{
	struct unit_child child;

	(void)state;
	for (int i = 0; i < 2; i++) {
		bool ignored = i;

		unit_child_run(&child, take_as_init, &ignored);
		if (child.code == 42)
			skip(); /* no PID namespaces here */
		/* glibc allows no handler for 32 and 33, "?". There is no terminal, so WINCH is among them. */
		check_text(ignored ? "ignored" : "default", child.text,
			   ignored ? "init: 1\nwatched: ?\n" INIT_ENDING : "init: 1\nwatched: CHLD ? ?\n" INIT_ENDING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_signals_are_read),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_the_process_ends_itself),
		cmocka_unit_test(test_pipe_found_blocked),
		cmocka_unit_test(test_init),
	};

	/* Python programs ignore both, and so would what they start. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	return unit_main(tests);
}
