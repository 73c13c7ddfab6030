/*
 * The children that this program starts. Each leads a group of its own, and the group ends with it, but for the app's: what a
 * child has started in its turn is killed as soon as it ends or is not wanted any more. A process that has left the group is out
 * of reach.
 */
#ifndef SYSTEM_CHILDREN_H
#define SYSTEM_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One child. It is a member of the struct of whoever started it. */
struct children_child {
	pid_t pid;
	bool ended, told;
	int status;                             /* as from waitpid; valid if ended */
	void (*on_end)(void *arg, int status);  /* called once, by children_tell */
	void (*on_stop)(void *arg, int signal); /* of the app; NULL: it is none */
	int stopped; /* the signal by which the app was stopped, before on_stop is told; 0: none */
	void *arg;
	struct children_child *next;
};

/* A group that was killed. */
struct children_group {
	pid_t pid;
	int64_t killed; /* clock_now() time */
};

/* Zeroed: none. */
struct children {
	struct children_child *list;
	struct children_group *left; /* groups that were killed, of which somebody may still be there */
	size_t left_count;
};

/* Adds a child that was just started. The caller owns the struct and must call children_leave before it frees it. */
void children_add(struct children *children, struct children_child *child, pid_t pid,
		  void (*on_end)(void *arg, int status), void *arg);

/*
 * Adds the app. Nobody kills it, nor its group when it ends. on_stop is called, by children_tell, with the signal that has stopped it.
 */
void children_add_app(struct children *children, struct children_child *child, pid_t pid,
		      void (*on_end)(void *arg, int status), void (*on_stop)(void *arg, int signal), void *arg);

/* Forgets a child; kills it and its group if it has not ended. on_end is not called any more. Also valid for a zeroed one. */
void children_leave(struct children *children, struct children_child *child);

/*
 * Collects children that have ended; never blocks. No other function calls waitpid. Notes the status of each child that was
 * added. With all it also collects all others, as PID 1 must, and ignores their status (FACTS 39). Otherwise it leaves them
 * alone: they existed before this program, and the app may wait for them.
 */
void children_reap(struct children *children, bool all);

/* Calls on_end of each child that was found ended, and on_stop of an app that was found stopped. It may leave children and add some. */
void children_tell(struct children *children);

/*
 * Waits until the groups that were killed are gone, so that the app finds none of them, and of its own children not even zombies.
 * They are gone at once, but for a process that the kernel cannot kill yet, because it waits for a disk: then this gives up after
 * a second. Others than children are waited for a tenth of a second. SIGCHLD must be blocked. Releases what children holds.
 */
void children_close(struct children *children);

#endif
