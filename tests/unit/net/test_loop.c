#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_loop.h"

/* What fired, in order: each timer adds its letter. */
struct trace {
	struct unit_loop unit;
	char text[64];
	struct traced {
		struct trace *trace;
		struct loop_timer timer;
		char letter;
	} timers[4];
};

static void on_letter(void *arg)
{
	struct traced *traced = arg;

	strncat(traced->trace->text, &traced->letter, 1);
}

static void trace_open(struct trace *trace)
{
	trace->text[0] = '\0';
	unit_loop_open(&trace->unit);
	for (int i = 0; i < 4; i++) {
		struct traced *traced = &trace->timers[i];

		*traced = (struct traced){.trace = trace, .letter = (char)('a' + i)};
		loop_timer_init(trace->unit.loop, &traced->timer, on_letter, traced);
	}
}

static void trace_close(struct trace *trace)
{
	for (int i = 0; i < 4; i++)
		loop_timer_clear(&trace->timers[i].timer);
	unit_loop_close(&trace->unit);
}

static void on_stop(void *arg)
{
	struct unit_loop *unit = arg;

	loop_stop(unit->loop);
}

/* Timers fire in the order of their times, not of their loop_timer_set calls, and each once. */
static void test_timers_fire_in_order(void **state)
{
	static const int64_t delays[] = {15 * CLOCK_MS, 5 * CLOCK_MS, 0, 10 * CLOCK_MS};
	struct loop_timer stop;
	struct trace trace;
	int64_t began;

	(void)state;
	trace_open(&trace);
	loop_timer_init(trace.unit.loop, &stop, on_stop, &trace.unit);
	began = clock_now();
	for (int i = 0; i < 4; i++)
		loop_timer_set(&trace.timers[i].timer, delays[i]);
	loop_timer_set(&stop, 20 * CLOCK_MS);
	check_text("not inside loop_timer_set", trace.text, "");
	unit_loop_run(&trace.unit, "timers");
	check("not before the time", clock_now() - began >= 20 * CLOCK_MS);
	check_text("order", trace.text, "cbda");
	for (int i = 0; i < 4; i++)
		check("over", !loop_timer_is_set(&trace.timers[i].timer));
	trace_close(&trace);
}

/* A new loop_timer_set replaces the earlier setting, to later and to sooner. */
static void test_set_replaces(void **state)
{
	struct trace trace;

	(void)state;
	trace_open(&trace);
	loop_timer_set(&trace.timers[0].timer, 0);
	loop_timer_set(&trace.timers[0].timer, 3600 * CLOCK_S);
	loop_timer_set(&trace.timers[1].timer, 3600 * CLOCK_S);
	loop_timer_set(&trace.timers[1].timer, 0);
	unit_loop_settle(&trace.unit);
	check_text("only the one that became sooner", trace.text, "b");
	check("the other still is set", loop_timer_is_set(&trace.timers[0].timer));
	trace_close(&trace);
}

static void test_clear(void **state)
{
	struct loop_timer never = {0};
	struct trace trace;

	(void)state;
	check("one that was never initialised", !loop_timer_is_set(&never));
	loop_timer_clear(&never);
	trace_open(&trace);
	check("not set", !loop_timer_is_set(&trace.timers[0].timer));
	loop_timer_set(&trace.timers[0].timer, 0);
	check("set", loop_timer_is_set(&trace.timers[0].timer));
	loop_timer_clear(&trace.timers[0].timer);
	loop_timer_clear(&trace.timers[0].timer);
	check("cleared", !loop_timer_is_set(&trace.timers[0].timer));
	unit_loop_settle(&trace.unit);
	check_text("cleared", trace.text, "");
	loop_timer_set(&trace.timers[0].timer, 0);
	unit_loop_settle(&trace.unit);
	check_text("and set again", trace.text, "a");
	trace_close(&trace);
}

/* A pair of connected sockets, one end watched. */
struct watched {
	struct unit_loop unit;
	struct loop_watch watch;
	int ends[2];
	int calls;
	bool readable, writable;
};

static void on_ready(void *arg, bool readable, bool writable)
{
	struct watched *watched = arg;

	watched->calls++;
	watched->readable = readable;
	watched->writable = writable;
}

static void watched_open(struct watched *watched)
{
	*watched = (struct watched){.watch = {.ready = on_ready, .arg = watched}};
	unit_loop_open(&watched->unit);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, watched->ends), 0);
}

static void watched_close(struct watched *watched)
{
	loop_watch_clear(&watched->watch);
	close(watched->ends[0]);
	close(watched->ends[1]);
	unit_loop_close(&watched->unit);
}

/* Runs the loop and returns how often the watch was called. */
static int watched_calls(struct watched *watched)
{
	watched->calls = 0;
	watched->readable = watched->writable = false;
	unit_loop_settle(&watched->unit);
	return watched->calls;
}

static void test_watch(void **state)
{
	struct watched watched;
	char byte;

	(void)state;
	watched_open(&watched);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, false);
	check_int("nothing to read", watched_calls(&watched), 0);
	assert_int_equal(write(watched.ends[1], "x", 1), 1);
	check("again and again until it is read", watched_calls(&watched) > 1);
	check("readable", watched.readable && !watched.writable);
	assert_int_equal(read(watched.ends[0], &byte, 1), 1);
	check_int("read", watched_calls(&watched), 0);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], false, true);
	check("writable", watched_calls(&watched) > 1 && watched.writable && !watched.readable);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, false);
	check_int("no longer asked about writing", watched_calls(&watched), 0);
	assert_int_equal(write(watched.ends[1], "x", 1), 1);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, true);
	check("both", watched_calls(&watched) > 0);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], false, false);
	check_int("neither", watched_calls(&watched), 0);
	watched_close(&watched);
}

static void test_watch_clear_and_another_descriptor(void **state)
{
	struct watched watched;

	(void)state;
	watched_open(&watched);
	loop_watch_clear(&watched.watch); /* never set */
	assert_int_equal(write(watched.ends[1], "x", 1), 1);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, false);
	loop_watch_clear(&watched.watch);
	check_int("cleared", watched_calls(&watched), 0);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, false);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[0], true, false);
	check("set twice", watched_calls(&watched) > 1);
	loop_watch_set(watched.unit.loop, &watched.watch, watched.ends[1], true, false);
	check_int("another descriptor, with nothing to read", watched_calls(&watched), 0);
	watched_close(&watched);
}

static void watched_process(struct process *process, int first, int second)
{
	memset(process, 0, sizeof(*process));
	sigemptyset(&process->mask_found);
	sigemptyset(&process->watched);
	sigaddset(&process->watched, first);
	sigaddset(&process->watched, second);
	process->ending = process->watched;
	sigprocmask(SIG_BLOCK, &process->watched, NULL);
}

/* The ending signal, 0 for none, or -1 when the loop failed. */
static int run(struct loop *loop)
{
	struct error err = {0};
	int number = 0;

	return loop_run(loop, &number, &err) ? -1 : number;
}

static void on_raise(void *arg)
{
	raise(*(const int *)arg);
}

/* Runs in a child; the signal must not kill it. */
static void run_into_signal(void *arg)
{
	int number = *(const int *)arg;
	struct process process;
	struct error err = {0};
	struct loop_timer timer;
	struct loop *loop;
	sigset_t pending;

	process_take(&process);
	loop = loop_new(&process, &err);
	loop_timer_init(loop, &timer, on_raise, &number);
	loop_timer_set(&timer, 0);
	printf("%d ", run(loop));
	sigpending(&pending);
	printf("%d", sigismember(&pending, number));
	loop_free(loop);
}

static void test_an_ending_signal_stops_the_loop(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct unit_child child;
		char expected[16];
		int number = numbers[i];

		snprintf(expected, sizeof(expected), "%d 0", number);
		unit_child_run(&child, run_into_signal, &number);
		check_text("signal", child.text, expected);
	}
}

/* A signal that was pending before the loop began. */
static void run_after_signal(void *arg)
{
	struct process process;
	struct error err = {0};
	struct loop *loop;

	(void)arg;
	process_take(&process);
	raise(SIGTERM);
	loop = loop_new(&process, &err);
	printf("%d", run(loop));
	loop_free(loop);
}

static void test_a_signal_that_came_before(void **state)
{
	struct unit_child child;
	char expected[16];

	(void)state;
	snprintf(expected, sizeof(expected), "%d", SIGTERM);
	unit_child_run(&child, run_after_signal, NULL);
	check_text("signal", child.text, expected);
}

static void die_and_be_reaped(struct loop *loop)
{
	struct unit_loop unit = {.loop = loop};
	struct loop_timer timer;
	siginfo_t dead;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT);
	if (loop) {
		loop_timer_init(loop, &timer, on_stop, &unit);
		loop_timer_set(&timer, 20 * CLOCK_MS);
		printf("%d ", run(loop));
	}
}

/* Children that ended before the loop began, and those that end during the wait, are reaped (FACTS 39). */
static void reap_orphans(void *arg)
{
	struct process process;
	struct error err = {0};
	struct loop *loop;

	(void)arg;
	watched_process(&process, SIGCHLD, SIGTERM);
	sigdelset(&process.ending, SIGCHLD);
	process.is_init = true;
	die_and_be_reaped(NULL);
	loop = loop_new(&process, &err);
	printf("%d ", waitpid(-1, NULL, WNOHANG));
	die_and_be_reaped(loop);
	printf("%d", waitpid(-1, NULL, WNOHANG));
	loop_free(loop);
}

static void test_orphans_are_reaped(void **state)
{
	struct unit_child child;

	(void)state;
	unit_child_run(&child, reap_orphans, NULL);
	check_text("no child is left, and the loop went on", child.text, "-1 0 -1");
}

static void on_child_end(void *arg, int status)
{
	printf("status %d ", WEXITSTATUS(status));
	loop_stop(arg);
}

/* Whether it is PID 1, which reads SIGCHLD anyway, or not. Two children, so that a second call of loop_expect_children is one. */
static void run_with_children(void *arg)
{
	struct process process;
	struct error err = {0};
	struct loop *loop;

	watched_process(&process, SIGCHLD, SIGTERM);
	process.is_init = *(const bool *)arg;
	sigdelset(&process.ending, SIGCHLD);
	if (!process.is_init)
		sigemptyset(&process.watched);
	loop = loop_new(&process, &err);
	for (int i = 0; i < 2; i++) {
		struct children_child child;
		pid_t pid;

		if (loop_expect_children(loop))
			_exit(1);
		pid = fork();
		if (pid == 0) {
			poll(NULL, 0, 20);
			_exit(3 + i);
		}
		children_add(loop_children(loop), &child, pid, on_child_end, loop);
		printf("%d ", run(loop));
		children_leave(loop_children(loop), &child);
	}
	loop_free(loop);
	printf("none %d", waitpid(-1, NULL, WNOHANG));
}

static void test_children_are_waited_for(void **state)
{
	static bool inits[] = {false, true};

	(void)state;
	for (size_t i = 0; i < COUNT(inits); i++) {
		struct unit_child child;

		unit_child_run(&child, run_with_children, &inits[i]);
		check_text(inits[i] ? "PID 1" : "not PID 1", child.text, "status 3 0 status 4 0 none -1");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_fire_in_order),
		cmocka_unit_test(test_set_replaces),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_watch_clear_and_another_descriptor),
		cmocka_unit_test(test_an_ending_signal_stops_the_loop),
		cmocka_unit_test(test_a_signal_that_came_before),
		cmocka_unit_test(test_orphans_are_reaped),
		cmocka_unit_test(test_children_are_waited_for),
	};

	return unit_main(tests);
}
