#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/ending.h"

/* There is one set for the whole process, so each test runs in a child, which prints on stdout what it found. */

static void handle(int first, int second)
{
	sigset_t wanted, handled;

	sigemptyset(&wanted);
	sigaddset(&wanted, first);
	sigaddset(&wanted, second);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	ending_handle(&wanted, &handled);
	sigprocmask(SIG_UNBLOCK, &wanted, NULL);
}

/* Stands for a library call that does not return. Ends after a time that the tests never wait for. */
static void hang(void)
{
	for (int64_t end = clock_now() + 20 * CLOCK_S; clock_now() < end;)
		;
	printf("hung");
}

static int readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, 0);
}

static void note(void *arg)
{
	int before, fd;

	(void)arg;
	handle(SIGTERM, SIGINT);
	fd = ending_watch();
	before = readable(fd);
	errno = 77;
	raise(SIGINT);
	printf("%d %d, %d %d, errno %d", before, readable(fd), ending_noted(), ending_exit_code(ending_noted()), errno);
	printf(", closed at exec: %d", fcntl(fd, F_GETFD) == FD_CLOEXEC);
	ending_unwatch(fd);
}

static void note_early(void *arg)
{
	int fd;

	(void)arg;
	handle(SIGTERM, SIGINT);
	raise(SIGTERM);
	fd = ending_watch();
	printf("%d", readable(fd));
	ending_unwatch(fd);
	fd = ending_watch();
	printf(" %d", readable(fd));
}

/* The first signal is noted, and the loop is told, also if it begins later. */
static void test_noted(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, note, NULL);
	check_text("noted", child.text, "0 1, 2 130, errno 77, closed at exec: 1");
	unit_child_run(&child, note_early, NULL);
	check_text("before the watch", child.text, "1 1");
}

static void set_of_the_library(void *arg)
{
	sigset_t wanted, handled;

	(void)arg;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	((unsigned char *)&wanted)[3] |= 0x80; /* 32 */
	ending_handle(&wanted, &handled);
	printf("%d %d", sigismember(&handled, SIGTERM), sigismember(&handled, 32));
}

static void test_what_cannot_be_handled(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, set_of_the_library, NULL);
	check_text("handled", child.text, "1 0");
}

static void hang_unnoticed(void *arg)
{
	(void)arg;
	handle(SIGTERM, SIGINT);
	raise(SIGINT);
	hang();
}

/* SIGTERM may be ignored: the timer uses a signal of the set. */
static void hang_with_others(void *arg)
{
	(void)arg;
	signal(SIGTERM, SIG_IGN);
	handle(SIGUSR1, SIGUSR2);
	raise(SIGUSR2);
	hang();
}

static void hang_after_notice(void *arg)
{
	(void)arg;
	handle(SIGTERM, SIGINT);
	raise(SIGTERM);
	ending_notice();
	hang();
}

/* As timeout(1) does. */
static void hang_after_two(void *arg)
{
	(void)arg;
	handle(SIGTERM, SIGINT);
	raise(SIGTERM);
	ending_notice();
	raise(SIGTERM);
	printf("went on");
	fflush(stdout);
	hang();
}

/* Without a timer: RLIMIT_SIGPENDING counts them. */
static void hang_until_a_second(void *arg)
{
	const struct rlimit none = {0};
	struct timespec second = {.tv_nsec = 600000000};

	(void)arg;
	setrlimit(RLIMIT_SIGPENDING, &none);
	handle(SIGTERM, SIGINT);
	raise(SIGINT);
	nanosleep(&second, NULL);
	printf("alive");
	fflush(stdout);
	raise(SIGTERM);
	hang();
}

struct hang_row {
	const char *name;
	void (*body)(void *arg);
	int code, least_ms, most_ms;
	const char *text;
};

/* Half a second unnoticed, three for the reports, and less with a second signal. The times leave room for a busy
   machine. */
static void test_a_process_that_hangs_is_ended(void **state)
{
	static const struct hang_row rows[] = {
		{"unnoticed", hang_unnoticed, 130, 500, 2500, ""},
		{"others", hang_with_others, 140, 500, 2500, ""},
		{"noticed", hang_after_notice, 143, 3000, 6000, ""},
		{"two", hang_after_two, 143, 500, 2500, "went on"},
		{"a second one", hang_until_a_second, 130, 600, 2500, "alive"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_child child;
		int64_t began = clock_now(), ms;

		unit_child_run(&child, rows[i].body, NULL);
		ms = (clock_now() - began) / CLOCK_MS;
		check_int(rows[i].name, child.code, rows[i].code);
		check_text(rows[i].name, child.text, rows[i].text);
		check(rows[i].name, ms >= rows[i].least_ms - 5 && ms <= rows[i].most_ms);
	}
}

static void write_in_vain(void *arg)
{
	int ends[2];

	(void)arg;
	handle(SIGPIPE, SIGTERM);
	if (pipe(ends))
		return;
	close(ends[0]);
	printf("%d ", write(ends[1], "x", 1) == -1 && errno == EPIPE);
	printf("noted %d", ending_noted());
}

static void be_sent(void *arg)
{
	pid_t pid;

	(void)arg;
	handle(SIGPIPE, SIGTERM);
	pid = fork();
	if (pid == 0) {
		kill(getppid(), SIGPIPE);
		_exit(0);
	}
	while (!ending_noted())
		;
	printf("noted %d", ending_noted());
}

/* SIGPIPE of a write that fails is not the SIGPIPE of somebody who wants this process to end. */
static void test_a_failed_write_is_no_end(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, write_in_vain, NULL);
	check_text("own", child.text, "1 noted 0");
	unit_child_run(&child, be_sent, NULL);
	check_text("sent", child.text, "noted 13");
}

static void fail_as_init(void *arg)
{
	volatile char *nowhere = arg;

	handle(SIGSEGV, SIGTERM);
	*nowhere = 1;
	printf("alive");
}

/* PID 1 handles SIGSEGV too. Then a fault must still end it. */
static void test_a_fault_ends_at_once(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, fail_as_init, (void *)16);
	check_int("fault", child.code, 139);
	check_text("fault", child.text, "");
}

static void hurry(void *arg)
{
	bool before = *(const bool *)arg;

	handle(SIGTERM, SIGINT);
	if (before)
		raise(SIGINT);
	ending_hurry();
	printf("on");
	fflush(stdout);
	raise(SIGTERM);
	printf(", and lost"); /* if exec came now */
	fflush(stdout);
	hang();
}

static void test_hurry(void **state)
{
	struct unit_child child;
	bool before = true;

	(void)state;
	unit_child_run(&child, hurry, &before);
	check_int("noted before", child.code, 130);
	check_text("noted before", child.text, "");
	before = false;
	unit_child_run(&child, hurry, &before);
	check_int("after", child.code, 143);
	check_text("after", child.text, "on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noted),
		cmocka_unit_test(test_what_cannot_be_handled),
		cmocka_unit_test(test_a_process_that_hangs_is_ended),
		cmocka_unit_test(test_a_failed_write_is_no_end),
		cmocka_unit_test(test_a_fault_ends_at_once),
		cmocka_unit_test(test_hurry),
	};

	return unit_main(tests);
}
