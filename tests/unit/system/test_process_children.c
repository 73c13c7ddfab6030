#include "unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void tell(const char *name, const struct process_child *child)
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
	struct process_child first, second, living;
	pid_t other;
	int hold;

	process_add_child(&process, &living, fork_living(&hold));
	other = fork_dead(9);
	process_add_child(&process, &first, fork_dead(7));
	process_add_child(&process, &second, fork_dead(0));
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
	struct process_child children[3] = {0};

	(void)arg;
	for (int i = 0; i < 3; i++)
		process_add_child(&process, &children[i], fork_dead(i));
	process_remove_child(&process, &children[1]);
	process_reap(&process);
	for (int i = 0; i < 3; i++)
		tell("child", &children[i]);
	process_remove_child(&process, &children[1]);
	process_remove_child(&process, &children[0]);
	process_remove_child(&process, &children[2]);
	printf("left: %d", process.children != NULL);
}

/* A removed child is not touched again: its struct may be freed. */
static void test_removed(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, remove_and_reap, NULL);
	check_text("removed", child.text, "child: ended 0; child: lives -1; child: ended 2; left: 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_own_children),
		cmocka_unit_test(test_removed),
	};

	return unit_main(tests);
}
