#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/process.h"

/* These functions start children, so each runs in a child, which prints on stdout what it found. */

/* Starts a child that exits with that code and is not collected yet. */
static pid_t fork_dead(int code)
{
	siginfo_t dead;
	pid_t pid = fork();

	if (pid == 0)
		_exit(code);
	waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT);
	return pid;
}

/* Starts a child that lives until release_living closes *hold. */
static pid_t fork_living(int *hold)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe(ends))
		_exit(1);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 3 : 1);
	}
	close(ends[0]);
	*hold = ends[1];
	return pid;
}

static void release_living(pid_t pid, int hold)
{
	siginfo_t dead;

	close(hold);
	waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT);
}

/* The on_end of all children here. */
static void note(void *arg, int status)
{
	(void)arg;
	printf("told %d; ", WEXITSTATUS(status));
}

static void tell(const char *name, const struct children_child *child)
{
	printf("%s: %s %d; ", name, child->ended ? "ended" : "lives",
	       child->ended && WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1);
}

static void reap_orphans(void *arg)
{
	struct process process = {.is_init = true};
	int hold;
	pid_t living = fork_living(&hold);

	(void)arg;
	for (int i = 0; i < 3; i++)
		fork_dead(i);
	process_reap(&process);
	printf("dead: %d, ", waitpid(-1, NULL, WNOHANG));
	close(hold);
	printf("living: %d, ", waitpid(-1, NULL, 0) == living);
	process_reap(&process);
	printf("none: %d", waitpid(-1, NULL, 0));
}

/* All dead children are reaped, without waiting for living ones (FACTS 39). */
static void test_orphans(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, reap_orphans, NULL);
	check_text("reap", child.text, "dead: 0, living: 1, none: -1");
}

static void reap_own(void *arg)
{
	struct process process = {.is_init = *(const bool *)arg};
	struct children_child first, second, living;
	pid_t other;
	int hold;

	children_add(&process.children, &living, fork_living(&hold), note, NULL);
	other = fork_dead(9);
	children_add(&process.children, &first, fork_dead(7), note, NULL);
	children_add(&process.children, &second, fork_dead(0), note, NULL);
	process_reap(&process);
	tell("first", &first);
	tell("second", &second);
	tell("living", &living);
	printf("other: %s", waitpid(other, NULL, WNOHANG) == other ? "left" : "collected");
	release_living(living.pid, hold);
	process_reap(&process);
	printf("; ");
	tell("then", &living);
}

/* The status of an added child is kept, that of an orphan is not. Only PID 1 inherits orphans. */
static void test_own_children(void **state)
{
	static bool inits[] = {false, true};

	(void)state;
	for (size_t i = 0; i < COUNT(inits); i++) {
		struct unit_child child;
		char expected[128];

		snprintf(expected, sizeof(expected),
			 "first: ended 7; second: ended 0; living: lives -1; other: %s; then: ended 3; ",
			 inits[i] ? "collected" : "left");
		unit_child_run(&child, reap_own, &inits[i]);
		check_text(inits[i] ? "PID 1" : "not PID 1", child.text, expected);
	}
}

static void remove_and_reap(void *arg)
{
	struct process process = {.is_init = true};
	struct children_child children[3] = {0};

	(void)arg;
	for (int i = 0; i < 3; i++)
		children_add(&process.children, &children[i], fork_dead(i), note, NULL);
	children_leave(&process.children, &children[1]);
	process_reap(&process);
	for (int i = 0; i < 3; i++)
		tell("child", &children[i]);
	children_leave(&process.children, &children[1]);
	children_leave(&process.children, &children[0]);
	children_leave(&process.children, &children[2]);
	printf("left: %d", process.children.list != NULL);
}

/* A removed child is not touched again: its struct may be freed. */
static void test_removed(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, remove_and_reap, NULL);
	check_text("removed", child.text, "child: ended 0; child: lives -1; child: ended 2; left: 0");
}

/* Calls on_end once for each that has ended, also if on_end leaves others. */
static void tell_all(void *arg)
{
	struct process process = {0};
	struct children_child children[3];
	int hold;

	(void)arg;
	children_add(&process.children, &children[0], fork_dead(1), note, NULL);
	children_add(&process.children, &children[1], fork_living(&hold), note, NULL);
	children_add(&process.children, &children[2], fork_dead(2), note, NULL);
	children_tell(&process.children);
	process_reap(&process);
	children_tell(&process.children);
	children_tell(&process.children);
	for (int i = 0; i < 3; i++)
		children_leave(&process.children, &children[i]);
	children_close(&process.children);
	printf("none: %d", waitpid(-1, NULL, WNOHANG));
}

static void test_told_once(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, tell_all, NULL);
	check_text("told", child.text, "told 2; told 1; none: -1");
}

/* A child that leads a group, in which a second process holds the pipe open, deaf to all that it can be deaf to. */
struct group {
	pid_t leader;
	int pipe; /* at its end when all of the group have ended */
};

static void group_start(struct group *group, bool leader_ends)
{
	int ends[2], second[2], first[2]; /* second and first: each tells that it is ready */
	char byte;

	if (pipe(ends) || pipe(second) || pipe(first))
		_exit(1);
	group->leader = fork();
	if (group->leader == 0) {
		setsid();
		for (int i = 1; i < SIGRTMIN; i++)
			signal(i, SIG_IGN);
		if (fork() == 0) {
			(void)!write(second[1], "x", 1);
			for (;;)
				pause();
		}
		(void)!read(second[0], &byte, 1);
		(void)!write(first[1], "x", 1);
		while (!leader_ends)
			pause();
		_exit(5);
	}
	group->pipe = ends[0];
	close(ends[1]);
	(void)!read(first[0], &byte, 1);
}

static void end_group(void *arg)
{
	const bool *by_itself = arg;
	struct process process = {0};
	struct children_child child;
	struct group group;
	siginfo_t dead;
	char byte;

	group_start(&group, *by_itself);
	children_add(&process.children, &child, group.leader, note, NULL);
	if (*by_itself)
		waitid(P_PID, (id_t)group.leader, &dead, WEXITED | WNOWAIT);
	process_reap(&process);
	children_tell(&process.children);
	children_leave(&process.children, &child);
	printf("all ended: %d; ", read(group.pipe, &byte, 1) == 0);
	children_close(&process.children);
	printf("none: %d ", waitpid(-1, NULL, WNOHANG));
	printf("%d", errno == ECHILD);
}

/* Whether the child ends by itself or is left: what it has started ends too, and nothing is left to collect. */
static void test_groups(void **state)
{
	static bool by_itself[] = {false, true};

	(void)state;
	for (size_t i = 0; i < COUNT(by_itself); i++) {
		struct unit_child child;

		unit_child_run(&child, end_group, &by_itself[i]);
		check_text(by_itself[i] ? "by itself" : "left", child.text,
			   by_itself[i] ? "told 5; all ended: 1; none: -1 1" : "all ended: 1; none: -1 1");
	}
}

/* As PID 1, those that the child has started become its own children: here, of the nearest "subreaper" (prctl(2)). */
static void end_group_as_init(void *arg)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		_exit(1);
	end_group(arg);
}

static void test_groups_as_init(void **state)
{
	static bool by_itself[] = {false, true};

	(void)state;
	for (size_t i = 0; i < COUNT(by_itself); i++) {
		struct unit_child child;

		unit_child_run(&child, end_group_as_init, &by_itself[i]);
		check_has(by_itself[i] ? "by itself" : "left", child.text, "all ended: 1; none: -1 1");
	}
}

/* A child that is left before it has made its group. */
static void leave_early(void *arg)
{
	struct process process = {0};
	struct children_child child;
	int hold;

	(void)arg;
	children_add(&process.children, &child, fork_living(&hold), note, NULL);
	children_leave(&process.children, &child);
	children_leave(&process.children, &child);
	children_close(&process.children);
	printf("none: %d", waitpid(-1, NULL, WNOHANG));
}

static void test_left_early(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, leave_early, NULL);
	check_text("left", child.text, "none: -1");
}

/* Prints whether SIGCHLD is ignored, blocked and pending. */
static void tell_signal(void)
{
	struct sigaction action;
	sigset_t mask, pending;

	sigaction(SIGCHLD, NULL, &action);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	printf("%s%s%s ", action.sa_handler == SIG_IGN ? "ignored" : "default",
	       sigismember(&mask, SIGCHLD) ? " blocked" : "", sigismember(&pending, SIGCHLD) ? " pending" : "");
}

struct found {
	const char *name;
	bool ignored, blocked, pending, other; /* other: a child that was there before ends in the meantime */
	const char *expected;
};

static void expect_and_give_back(void *arg)
{
	const struct found *found = arg;
	struct process process;
	struct children_child child;
	int hold = -1;
	pid_t other = found->other ? fork_living(&hold) : 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	signal(SIGCHLD, found->ignored ? SIG_IGN : SIG_DFL);
	sigprocmask(found->blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
	if (found->pending)
		raise(SIGCHLD);
	process_take(&process);
	process_expect_children(&process);
	process_expect_children(&process);
	children_add(&process.children, &child, fork_dead(7), note, NULL);
	if (other)
		release_living(other, hold);
	tell_signal();
	process_reap(&process);
	children_tell(&process.children);
	children_leave(&process.children, &child);
	children_close(&process.children);
	process_give_back(&process);
	tell_signal();
	printf("children: %d", waitpid(-1, NULL, WNOHANG) > 0);
}

/* The status is not lost, whatever the parent did with SIGCHLD, and the app finds the signal as it was (FACTS 37). */
static void test_the_signal(void **state)
{
	static struct found rows[] = {
		{"default", false, false, false, false, "default blocked pending told 7; default children: 0"},
		{"ignored", true, false, false, false, "default blocked pending told 7; ignored children: 0"},
		{"blocked", false, true, false, false, "default blocked pending told 7; default blocked children: 0"},
		{"pending", false, true, true, false,
		 "default blocked pending told 7; default blocked pending children: 0"},
		{"another child", false, false, false, true, "default blocked pending told 7; default children: 1"},
		{"another child, blocked", false, true, false, true,
		 "default blocked pending told 7; default blocked pending children: 1"},
		{"another child, ignored", true, false, false, true,
		 "default blocked pending told 7; ignored children: 0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_child child;

		unit_child_run(&child, expect_and_give_back, &rows[i]);
		check_text(rows[i].name, child.text, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orphans),    cmocka_unit_test(test_own_children),
		cmocka_unit_test(test_removed),    cmocka_unit_test(test_told_once),
		cmocka_unit_test(test_groups),     cmocka_unit_test(test_groups_as_init),
		cmocka_unit_test(test_left_early), cmocka_unit_test(test_the_signal),
	};

	return unit_main(tests);
}
