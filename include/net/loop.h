/* The only event loop: callbacks for timers, descriptors and signals. A thin layer over libevent. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/errors.h"
#include "system/process.h"

struct loop;

/*
 * Returns a loop, which loop_free frees, or NULL with err. An ending signal (system/ending.h), also one that came
 * before, stops the loop. At SIGCHLD children that have ended are reaped (FACTS 39). process must outlive the loop.
 * There can be one loop at a time. loop_free waits for the end of children that were killed (children_close).
 */
struct loop *loop_new(struct process *process, struct error *err);
void loop_free(struct loop *loop);

/*
 * Runs until loop_stop or a signal that asks to end. Sets *signal to the number of that signal, or to 0. Returns -1
 * with err if the kernel refuses a call that waiting needs: then no outcome is reliable.
 */
int loop_run(struct loop *loop, int *signal, struct error *err);

/* Makes loop_run return after the callback that runs now. */
void loop_stop(struct loop *loop);

/* Returns the base for a library that uses libevent itself. The loop owns it. */
struct event_base *loop_base(struct loop *loop);

/*
 * A timer is a field of its owner's struct; the owner clears it before it frees the struct. `fire` is called once for
 * each loop_timer_set, and never inside that call.
 */
struct loop_timer {
	struct event event;
	struct loop *loop;
	void (*fire)(void *arg);
	void *arg;
};

/* Call this before any other function of the timer. */
void loop_timer_init(struct loop *loop, struct loop_timer *timer, void (*fire)(void *arg), void *arg);

/*
 * Sets the timer to fire after delay microseconds, and replaces an earlier setting. 0: it fires in the same turn of the
 * loop, after the callbacks that are already due.
 */
void loop_timer_set(struct loop_timer *timer, int64_t delay);

/* Stops the timer. Also valid for a zeroed one, and for one that is not set. */
void loop_timer_clear(struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

/*
 * A descriptor to watch. The owner sets `ready` and `arg`, keeps the struct as for a timer, and keeps the descriptor
 * open until loop_watch_clear.
 */
struct loop_watch {
	struct event event;
	void (*ready)(void *arg, bool readable, bool writable);
	void *arg;
};

/*
 * Calls watch->ready whenever fd is readable (if reading) or writable (if writing), until the next loop_watch_set or
 * loop_watch_clear. With neither it only clears the watch.
 */
void loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd, bool reading, bool writing);

/*
 * Calls watch->ready when more has come in, and when the connection has ended or is broken: not again for the same, so nothing need
 * be read.
 */
void loop_watch_changes(struct loop *loop, struct loop_watch *watch, int fd);

/* Stops watching. Also valid for a zeroed watch, and for one that is not set. */
void loop_watch_clear(struct loop_watch *watch);

/*
 * From now on the signals that the process watches (process_become_parent) do not stop the loop: pass is called with the number
 * of each, but for SIGCHLD.
 */
void loop_pass_signals(struct loop *loop, void (*pass)(void *arg, int number), void *arg);

/* Must be called before a child is started (loop_children): the loop will notice its end. Returns -1 with errno. */
int loop_expect_children(struct loop *loop);

/* Where children are added and left. The loop calls their on_end. */
struct children *loop_children(struct loop *loop);

#endif
