/* What this process inherited and must pass on to the app: its signal mask and descriptors 0 to 2 (FACTS 36-38). */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* A child that this program started. It is a member of the struct that started it and that reads its status. */
struct process_child {
	pid_t pid;
	bool ended;
	int status;                 /* as from waitpid; valid if ended */
	struct process_child *next; /* in process.children */
};

struct process {
	sigset_t mask_found;            /* the mask at the start, which the app must get */
	sigset_t pending_found;         /* what was pending at the start, and must stay pending for the app */
	sigset_t ending;                /* the signals that end the wait and have a handler (system/ending.h) */
	sigset_t watched;               /* signals that are blocked and read by the loop; empty unless PID 1 */
	bool is_init;                   /* PID 1 */
	struct process_child *children; /* list of the children that process_add_child added */
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

/* Reads a signal from such a descriptor, without waiting; 0 when there is none. */
int process_read_signal(int fd);

/*
 * Why the descriptor cannot be written to: "not open", also for one that is only held closed, or "open for reading only".
 * NULL when it can be.
 */
const char *process_refuse_descriptor(int fd);

/*
 * Restores the signal mask, for execve. If an ending signal has arrived, or arrives until execve, the process exits
 * with 128+n. Otherwise the signal would be lost and the app would start (FACTS 36).
 */
void process_give_back(const struct process *process);

/*
 * Adds a child that was just started; process_reap will fill in its status. The caller owns child and must remove it
 * before freeing it. So far, SIGCHLD is watched only as PID 1.
 */
void process_add_child(struct process *process, struct process_child *child, pid_t pid);
void process_remove_child(struct process *process, const struct process_child *child);

/*
 * Collects children that have ended; never blocks. No other function calls waitpid. Stores the status of each child
 * that was added. As PID 1 it also reaps all other children, which are inherited orphans, and ignores their status
 * (FACTS 39). Not as PID 1 it leaves other children alone: they existed before this program, and the app may wait for
 * them.
 */
void process_reap(const struct process *process);

#endif
