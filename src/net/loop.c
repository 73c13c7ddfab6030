#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "system/ending.h"
#include "system/log.h"

struct loop {
	struct event_base *base;
	struct process *process;
	int ending_fd, signal_fd; /* signal_fd is -1 if process has no signals to watch */
	int children_fd;          /* tells of SIGCHLD; -1: nobody starts children, or signal_fd does */
	struct event ending_event, signal_event, children_event;
	void (*pass)(void *arg, int number); /* who is told of signals; NULL: they stop the loop */
	void *pass_arg;
	int ending_signal;
	int failed; /* 0, or the errno value of a refused call without which waiting is impossible */
};

/* Signals have the highest priority, so that many due timers cannot delay them. */
enum { LOOP_PRIORITY_SIGNALS, LOOP_PRIORITY_OTHERS, LOOP_PRIORITIES };

/* After this time, or this many other callbacks, libevent checks for signals again. */
#define LOOP_STRETCH (10 * CLOCK_MS)

enum { LOOP_STRETCH_CALLS = 64 };

/* libevent would print its own messages to stderr, without our prefix and format. Ignore them. */
static void loop_ignore_words(int severity, const char *message)
{
	(void)severity;
	(void)message;
}

/* On a fatal error libevent would exit with 1, which means "not ready" here. Exit with 125 instead. */
static void loop_on_fatal(int error_number)
{
	struct log log;

	(void)error_number;
	log_init(&log, STDERR_FILENO);
	log_line(&log, LOG_LEVEL_ERROR, "cannot set up the event loop: out of descriptors or memory (see ulimit -n)");
	_exit(125);
}

static void loop_end_at(struct loop *loop, int number)
{
	if (loop->ending_signal)
		return;
	loop->ending_signal = number;
	event_base_loopbreak(loop->base);
}

static void loop_on_ending(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ending_notice();
	loop_end_at(arg, ending_noted());
}

static void loop_on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	int number;

	(void)what;
	while ((number = process_read_signal(fd))) {
		if (number == SIGCHLD)
			process_reap(loop->process);
		else if (loop->pass)
			loop->pass(loop->pass_arg, number);
		else
			loop_end_at(loop, number);
	}
	children_tell(&loop->process->children);
}

/* Calls read when fd is readable, before all other callbacks. Returns -1 with errno. */
static int loop_add_signals(struct loop *loop, struct event *event, int fd, event_callback_fn read)
{
	event_assign(event, loop->base, fd, EV_READ | EV_PERSIST, read, loop);
	event_priority_set(event, LOOP_PRIORITY_SIGNALS);
	return event_add(event, NULL);
}

static int loop_watch_signals(struct loop *loop)
{
	if (loop_add_signals(loop, &loop->ending_event, loop->ending_fd, loop_on_ending))
		return -1;
	return loop->signal_fd < 0 ? 0 : loop_add_signals(loop, &loop->signal_event, loop->signal_fd, loop_on_signal);
}

/* Opens the descriptors that tell of signals. Returns -1 with errno. */
static int loop_open_signals(struct loop *loop)
{
	loop->signal_fd = loop->children_fd = -1;
	loop->ending_fd = ending_watch();
	if (loop->ending_fd < 0)
		return -1;
	if (sigisemptyset(&loop->process->watched))
		return 0;
	loop->signal_fd = process_open_signals(&loop->process->watched);
	return loop->signal_fd < 0 ? -1 : 0;
}

/* Makes the base and watches the signals on it. Returns -1 with errno. */
static int loop_open_base(struct loop *loop)
{
	const struct timeval stretch = {.tv_usec = LOOP_STRETCH};
	struct event_config *config = event_config_new();

	/* The coarse clock, the default, ticks every 4 ms. That is too coarse: our shortest interval is 8 ms. */
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0 &&
	    event_config_set_max_dispatch_interval(config, &stretch, LOOP_STRETCH_CALLS, LOOP_PRIORITY_OTHERS) == 0)
		loop->base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!loop->base || event_base_priority_init(loop->base, LOOP_PRIORITIES))
		return -1;
	return loop_watch_signals(loop);
}

struct loop *loop_new(struct process *process, struct error *err)
{
	struct loop *loop = alloc_zero(1, sizeof(*loop));

	event_set_log_callback(loop_ignore_words);
	event_set_fatal_callback(loop_on_fatal);
	loop->process = process;
	if (loop_open_signals(loop) || loop_open_base(loop)) {
		errors_set(err, "cannot set up the event loop: %s (see ulimit -n)", strerror(errno));
		loop_free(loop);
		return NULL;
	}
	/* Children that ended before this point left no signal. */
	process_reap(process);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->base) {
		if (event_initialized(&loop->ending_event))
			event_del(&loop->ending_event);
		if (event_initialized(&loop->signal_event))
			event_del(&loop->signal_event);
		if (event_initialized(&loop->children_event))
			event_del(&loop->children_event);
		event_base_free(loop->base);
	}
	ending_unwatch(loop->ending_fd);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->children_fd >= 0)
		close(loop->children_fd);
	children_close(&loop->process->children);
	free(loop);
}

int loop_run(struct loop *loop, int *signal, struct error *err)
{
	errno = 0;
	if (!loop->failed && event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
		loop->failed = errno ? errno : EIO;
	if (loop->failed)
		return errors_set(err, "the event loop failed: %s; does a seccomp profile forbid epoll?",
				  strerror(loop->failed));
	*signal = loop->ending_signal;
	return 0;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

/* Adds the event. If that fails it would never fire, and the wait would end too late or never: so the loop fails. */
static void loop_add(struct loop *loop, struct event *event, const struct timeval *time)
{
	if (event_add(event, time) == 0)
		return;
	if (!loop->failed)
		loop->failed = errno ? errno : ENOMEM;
	event_base_loopbreak(loop->base);
}

static void loop_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fire(timer->arg);
}

void loop_timer_init(struct loop *loop, struct loop_timer *timer, void (*fire)(void *arg), void *arg)
{
	timer->loop = loop;
	timer->fire = fire;
	timer->arg = arg;
	event_assign(&timer->event, loop->base, -1, 0, loop_on_timer, timer);
}

void loop_timer_set(struct loop_timer *timer, int64_t delay)
{
	struct timeval time = {.tv_sec = delay / CLOCK_S, .tv_usec = delay % CLOCK_S};

	if (delay > 0) {
		loop_add(timer->loop, &timer->event, &time);
		return;
	}
	/* Activated by hand, it fires in this turn, after the due callbacks and without another system call. */
	event_del(&timer->event);
	event_active(&timer->event, EV_TIMEOUT, 0);
}

void loop_timer_clear(struct loop_timer *timer)
{
	if (event_initialized(&timer->event))
		event_del(&timer->event);
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
	return event_initialized(&timer->event) && event_pending(&timer->event, EV_TIMEOUT, NULL);
}

static void loop_on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;

	(void)fd;
	watch->ready(watch->arg, what & EV_READ, what & EV_WRITE);
}

void loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd, bool reading, bool writing)
{
	short what = (short)((reading ? EV_READ : 0) | (writing ? EV_WRITE : 0));

	if (event_initialized(&watch->event)) {
		if (event_get_fd(&watch->event) == fd && what &&
		    event_get_events(&watch->event) == (what | EV_PERSIST) && event_pending(&watch->event, what, NULL))
			return;
		event_del(&watch->event);
	}
	if (!what)
		return;
	event_assign(&watch->event, loop->base, fd, (short)(what | EV_PERSIST), loop_on_watch, watch);
	loop_add(loop, &watch->event, NULL);
}

void loop_watch_changes(struct loop *loop, struct loop_watch *watch, int fd)
{
	/* Also EV_READ: libevent's epoll does not tell an error to who waits for EV_CLOSED alone. */
	const short what = EV_READ | EV_CLOSED | EV_ET | EV_PERSIST;

	if (event_initialized(&watch->event)) {
		if (event_get_fd(&watch->event) == fd && event_get_events(&watch->event) == what &&
		    event_pending(&watch->event, EV_READ, NULL))
			return;
		event_del(&watch->event);
	}
	event_assign(&watch->event, loop->base, fd, what, loop_on_watch, watch);
	loop_add(loop, &watch->event, NULL);
}

void loop_watch_clear(struct loop_watch *watch)
{
	if (event_initialized(&watch->event))
		event_del(&watch->event);
}

void loop_pass_signals(struct loop *loop, void (*pass)(void *arg, int number), void *arg)
{
	loop->pass = pass;
	loop->pass_arg = arg;
}

int loop_expect_children(struct loop *loop)
{
	sigset_t ends;

	process_expect_children(loop->process);
	if (loop->children_fd >= 0 || sigismember(&loop->process->watched, SIGCHLD))
		return 0;
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	loop->children_fd = process_open_signals(&ends);
	if (loop->children_fd < 0)
		return -1;
	return loop_add_signals(loop, &loop->children_event, loop->children_fd, loop_on_signal);
}

struct children *loop_children(struct loop *loop)
{
	return &loop->process->children;
}
