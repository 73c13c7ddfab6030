/* process.c: descriptors 0 to 2. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stdio),
	};

	return unit_main(tests);
}
