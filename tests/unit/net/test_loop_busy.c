/* loop.c with much to do: signals come first, and what cannot be watched fails the wait. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_loop.h"

enum { BUSY_TIMERS = 1000 };

/* Timers that are all due at once. The first one raises the signals. */
struct busy {
	struct loop_timer timers[BUSY_TIMERS];
	int signals[2]; /* 0: none */
	int64_t cost;   /* of each timer, in microseconds */
	int fired;
};

static void busy_on_timer(void *arg)
{
	struct busy *busy = arg;

	if (busy->fired++ == 0)
		for (int i = 0; i < 2 && busy->signals[i]; i++)
			raise(busy->signals[i]);
	for (int64_t end = clock_now() + busy->cost; clock_now() < end;)
		;
}

/* Runs in a child. Prints the signal that ended the loop, and how many timers fired before that. */
static void busy_run(void *arg)
{
	struct busy *busy = arg;
	struct process process;
	struct error err = {0};
	struct loop *loop;
	int number = 0;

	process_take(&process);
	sigemptyset(&process.watched);
	sigaddset(&process.watched, SIGUSR1);
	sigaddset(&process.watched, SIGUSR2);
	sigprocmask(SIG_BLOCK, &process.watched, NULL);
	loop = loop_new(&process, &err);
	for (int i = 0; i < BUSY_TIMERS; i++) {
		loop_timer_init(loop, &busy->timers[i], busy_on_timer, busy);
		loop_timer_set(&busy->timers[i], 1);
	}
	loop_run(loop, &number, &err);
	printf("%d %d", number, busy->fired);
	loop_free(loop);
}

/* Returns how many timers fired before the loop ended at the first of its signals. */
static int fired_before_the_end(const char *row, struct busy *busy)
{
	struct unit_child child;
	int number = 0, fired = BUSY_TIMERS;

	unit_child_run(&child, busy_run, busy);
	check_int(row, sscanf(child.text, "%d %d", &number, &fired), 2);
	check_int(row, number, busy->signals[0]);
	return fired;
}

/* A thousand targets expire at once: docker stop does not wait for what is to be done about each. */
static void test_signals_come_first(void **state)
{
	struct busy quick = {.signals = {SIGTERM}}, slow = {.signals = {SIGTERM}, .cost = 3 * CLOCK_MS};

	(void)state;
	check("some of many", fired_before_the_end("quick ones", &quick) < BUSY_TIMERS / 2);
	check("a few slow ones", fired_before_the_end("slow ones", &slow) < 32);
}

/* The kernel tells of two at the same time. The first one ends the wait, and gives the exit code. */
static void test_the_first_signal_counts(void **state)
{
	struct busy two = {.signals = {SIGUSR1, SIGUSR2}};

	(void)state;
	fired_before_the_end("two signals", &two);
}

static void never(void *arg, bool readable, bool writable)
{
	(void)arg;
	(void)readable;
	(void)writable;
	fail_msg("a file that cannot be watched is ready");
}

/* What is not watched never comes: then the wait fails, and does not go on without it. The kernel watches no plain file. */
static void test_what_cannot_be_watched(void **state)
{
	struct loop_watch watch = {.ready = never};
	struct error err = {0};
	struct unit_loop unit;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), number;

	(void)state;
	check("a plain file", fd >= 0);
	unit_loop_open(&unit);
	loop_watch_set(unit.loop, &watch, fd, true, false);
	loop_timer_set(&unit.guard, CLOCK_S);
	check_int("the wait fails", loop_run(unit.loop, &number, &err), -1);
	check_has("and says so", err.text, "the event loop failed");
	loop_watch_clear(&watch);
	unit_loop_close(&unit);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_come_first),
		cmocka_unit_test(test_the_first_signal_counts),
		cmocka_unit_test(test_what_cannot_be_watched),
	};

	return unit_main(tests);
}
