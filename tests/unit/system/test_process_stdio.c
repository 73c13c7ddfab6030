/* process.c: descriptors 0 to 2, and orphans. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process.h"

static void close_stdio(void *arg)
{
	unsigned closed = *(const unsigned *)arg;
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10), next;
	struct process process;
	char byte = 0;

	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1U << fd)
			close(fd);
	process_take(&process);
	for (int fd = 0; fd < 3; fd++) {
		bool dead = write(fd, &byte, 0) < 0 && errno == EBADF && read(fd, &byte, 0) < 0 && errno == EBADF;

		dprintf(out, "%s%s ", dead ? "dead" : "live",
			fcntl(fd, F_GETFD) == FD_CLOEXEC ? ", dies at exec;" : ";");
	}
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dprintf(out, "%d", next > 2);
}

/* FACTS 38: as closed for the app, and no socket of ours becomes its stdin. */
static void test_stdio(void **state)
{
	struct unit_child child;

	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		char expected[128] = "", name[16];

		for (unsigned fd = 0; fd < 3; fd++)
			strcat(expected, closed & 1U << fd ? "dead, dies at exec; " : "live; ");
		strcat(expected, "1");
		snprintf(name, sizeof(name), "closed: %u", closed);
		unit_child_run(&child, close_stdio, &closed);
		check_text(name, child.text, expected);
	}
}

static void reap(void *arg)
{
	siginfo_t dead;
	int hold[2];
	pid_t living;

	(void)arg;
	if (pipe(hold))
		_exit(1);
	living = fork();
	if (living == 0) {
		close(hold[1]);
		if (read(hold[0], &dead, 1) < 0)
			_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT); /* dead, and still there */
	}
	process_reap();
	printf("dead: %d, ", waitpid(-1, NULL, WNOHANG));
	close(hold[1]);
	printf("living: %d, ", waitpid(-1, NULL, 0) == living);
	process_reap();
	printf("none: %d", waitpid(-1, NULL, 0));
}

/* FACTS 39: all that are dead, without waiting for those that live. */
static void test_reap(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, reap, NULL);
	check_text("reap", child.text, "dead: 0, living: 1, none: -1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stdio),
		cmocka_unit_test(test_reap),
	};

	return unit_main(tests);
}
