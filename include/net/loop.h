/* The one event loop: timers, descriptors, and signals as callbacks. A thin layer over libevent that speaks in our units. */
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
 * Reads the watched signals of process through a descriptor, so that none interrupts anything: the
 * first ending signal stops the loop, orphans are reaped. Both structs must outlive the loop.
 */
struct loop *loop_new(const struct process *process, struct error *err);
void loop_free(struct loop *loop);

/*
 * Runs until loop_stop or an ending signal, whose number *signal is set to (0: none came). -1 with err when the kernel
 * does not let it wait: then nothing is known of any peer.
 */
int loop_run(struct loop *loop, int *signal, struct error *err);
void loop_stop(struct loop *loop);

/* For libraries that live on libevent themselves. */
struct event_base *loop_base(struct loop *loop);

/* A timer lives inside its owner's struct, which clears it before it goes. It fires once, never inside loop_timer_set. */
struct loop_timer {
	struct event event;
	struct loop *loop;
	void (*fire)(void *arg);
	void *arg;
};

void loop_timer_init(struct loop *loop, struct loop_timer *timer, void (*fire)(void *arg), void *arg);
/*
 * delay is microseconds; 0: as soon as the callback that runs now and those that are due have returned. Replaces an
 * earlier time.
 */
void loop_timer_set(struct loop_timer *timer, int64_t delay);
void loop_timer_clear(struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

/* A descriptor to watch; the same rules. The descriptor must be open until loop_watch_clear. */
struct loop_watch {
	struct event event;
	void (*ready)(void *arg, bool readable, bool writable);
	void *arg;
};

/* Until the next loop_watch_set or loop_watch_clear. Neither reading nor writing: as loop_watch_clear. */
void loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd, bool reading, bool writing);
void loop_watch_clear(struct loop_watch *watch);

#endif
