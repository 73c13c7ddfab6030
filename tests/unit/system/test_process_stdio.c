/* process.c: descriptors 0 to 2, and which can be written. */
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

/* A closed descriptor stays closed for the app, and no socket of waitfor becomes its stdin (FACTS 38). */
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

struct refuse_row {
	const char *name;
	int flags;
	const char *refused;
};

static void test_which_descriptor_can_be_written(void **state)
{
	static const struct refuse_row rows[] = {
		{"/dev/null", O_WRONLY, NULL},
		{"/dev/null", O_RDWR, NULL},
		{"/dev/null", O_RDONLY, "open for reading only"},
		{"/", O_PATH, "not open"}, /* as process_take holds 0 to 2 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = open(rows[i].name, rows[i].flags | O_CLOEXEC);

		check(rows[i].name, fd >= 0);
		check_text(rows[i].name, process_refuse_descriptor(fd), rows[i].refused);
		close(fd);
		check_text("closed", process_refuse_descriptor(fd), "not open");
	}
	check_text("none", process_refuse_descriptor(-1), "not open");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stdio),
		cmocka_unit_test(test_which_descriptor_can_be_written),
	};

	return unit_main(tests);
}
