/* process.c: which signals end the wait, and those that no handler can take, as 32 to 34 of musl: the loop watches them. */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process.h"

/* Runs in a child. */
static void tell_what_is_handled(void *arg)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct process process;

	(void)arg;
	for (size_t i = 0; i < COUNT(numbers); i++)
		signal(numbers[i], SIG_DFL);
	process_take(&process);
	for (size_t i = 0; i < COUNT(numbers); i++)
		printf("%d", sigismember(&process.ending, numbers[i]));
}

/* After each of these there are reports to write, which the default action would not do. */
static void test_what_is_handled(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, tell_what_is_handled, NULL);
	check_text("TERM, INT, HUP, QUIT", child.text, "1111");
}

struct watched_row {
	const char *name;
	int raised;       /* after the loop has ended */
	const char *text; /* how the process ended, and with which code */
};

/* SIGUSR1 stands for such a signal. */
static void give_back_late(int raised)
{
	struct process process;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	process_take(&process);
	sigemptyset(&process.watched);
	sigaddset(&process.watched, SIGUSR1);
	sigaddset(&process.watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &process.watched, NULL);
	raise(raised);
	process_give_back(&process);
	_exit(7);
}

/* Runs in a child, and tells whether the process exited by itself: as PID 1 the default action would do nothing. */
static void end_late(void *arg)
{
	const struct watched_row *row = arg;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		give_back_late(row->raised);
	waitpid(pid, &status, 0);
	printf("%s %d", WIFEXITED(status) ? "exited" : "killed", WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

/* One that comes when the loop has ended already must not be lost: the app is not started (FACTS 36). */
static void test_one_that_comes_late(void **state)
{
	static const struct watched_row rows[] = {
		{"an ending one", SIGUSR1, "exited 138"},
		{"the end of a child ends nothing", SIGCHLD, "exited 7"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct watched_row row = rows[i];
		struct unit_child child;

		unit_child_run(&child, end_late, &row);
		check_text(row.name, child.text, row.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_handled),
		cmocka_unit_test(test_one_that_comes_late),
	};

	return unit_main(tests);
}
