/* What this process inherited and must pass on to the app: its signal mask and descriptors 0 to 2 (FACTS 36-38). */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>

#include "system/children.h"

enum { PROCESS_TIMERS = 3 };

struct process {
	sigset_t mask_found;    /* the mask at the start, which the app must get */
	sigset_t pending_found; /* what was pending at the start, and must stay pending for the app */
	sigset_t ending;        /* the signals that end the wait and have a handler (system/ending.h) */
	sigset_t watched; /* signals that are blocked and read by the loop; empty unless PID 1 or the app's parent */
	bool is_init;     /* PID 1 */
	bool starts_children;                    /* process_expect_children was called */
	bool ignored_children;                   /* SIGCHLD was ignored before that */
	bool is_parent;                          /* process_become_parent was called */
	struct itimerval timers[PROCESS_TIMERS]; /* of setitimer; valid if is_parent */
	struct children children;
};

/*
 * main calls this first. Finds the signals that must end the wait, and installs a handler for them: SIGTERM, SIGINT,
 * SIGHUP and SIGQUIT; as PID 1 every signal whose default action ends a process, and SIGWINCH if there is no terminal.
 * A signal that is ignored stays ignored. As PID 1 it also blocks those without a possible handler, and SIGCHLD, to
 * reap orphans. If descriptor 0, 1 or 2 is closed, opens one that is closed again at exec, so that no socket of waitfor
 * becomes the app's stdin.
 */
void process_take(struct process *process);

/* A descriptor that is readable while a signal of the set, which is blocked, is there. -1 with errno. */
int process_open_signals(const sigset_t *set);

/* Reads a signal from such a descriptor, without waiting; 0 when there is none. One of a failed write of our own is none. */
int process_read_signal(int fd);

/*
 * Why the descriptor cannot be written to: "not open", also for one that is only held closed, or "open for reading only".
 * NULL when it can be.
 */
const char *process_refuse_descriptor(int fd);

/*
 * Restores the signal mask and what process_expect_children has changed, for execve. If an ending signal has arrived, or arrives
 * until execve, the process exits with 128+n. Otherwise the signal would be lost and the app would start (FACTS 36).
 */
void process_give_back(const struct process *process);

/*
 * Must be called before a child is started; once is enough. From then on SIGCHLD is blocked, so that a descriptor can tell of
 * it. If it was ignored, the kernel would throw the status of children away, so now it is not.
 */
void process_expect_children(struct process *process);

/*
 * From now on this process is the parent of the app. All signals are blocked and watched; a fault of its own still ends it. The
 * timers of setitimer, which a child does not inherit, are kept for it; and the orphans among the app's descendants
 * become children of this process. An ending signal that came before is still noted (ending_noted).
 */
void process_become_parent(struct process *process);

/*
 * In the child of such a parent: restores the signal mask, the actions, the timers, and what was pending when the parent was
 * started. An ending signal has its default action from now on.
 */
void process_give_to_child(const struct process *process);

/*
 * Collects children that have ended (children_reap): all of them as PID 1 or as the app's parent, else those of this program.
 * Never blocks.
 */
void process_reap(struct process *process);

#endif
