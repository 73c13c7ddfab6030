/* What this process was handed and must hand on: its signal mask, and descriptors 0 to 2 (FACTS 36-38). */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* A child that this program has started. It lives in the struct of whoever did, who reads its status when it has ended. */
struct process_child {
	pid_t pid;
	bool ended;
	int status;                 /* as waitpid gives it, once it has ended */
	struct process_child *next; /* in the list of struct process */
};

struct process {
	sigset_t mask_found;            /* the mask the app must start with */
	sigset_t ending;                /* the signals that end waitfor; blocked, so that none is lost */
	sigset_t watched;               /* those, and SIGCHLD where orphans are ours to reap */
	bool is_init;                   /* PID 1 */
	bool had_broken_pipe;           /* SIGPIPE was pending: then it is the app's to find */
	struct process_child *children; /* list of those that were added */
};

/*
 * First thing in main. Blocks the signals that end a program, so that they wait for the loop to read
 * them and no handler can lose one; those found ignored stay ignored. Puts a descriptor that dies at
 * exec where 0, 1 or 2 is closed, so that no socket of ours becomes the app's stdin.
 */
void process_take(struct process *process);

/* An ending signal that arrived and was not read yet, taken off the queue; 0 when there is none. */
int process_pending_signal(const struct process *process);

/* A descriptor that is readable while a signal of the set, which is blocked, is there. -1 with errno. */
int process_open_signals(const sigset_t *set);

/* Reads a signal from such a descriptor, without waiting; 0 when there is none. */
int process_read_signal(int fd);

/* The exit code of a program that a signal ended, as a shell tells it. */
int process_exit_code(int signal_number);

/*
 * Why the descriptor cannot be written to: "not open", also for one that is only held closed, or "open for reading only".
 * NULL when it can be.
 */
const char *process_refuse_descriptor(int fd);

/*
 * Puts the mask back. From here to execve an ending signal ends the process with 128+n, instead of
 * being lost with the app starting anyway (FACTS 36).
 */
void process_give_back(const struct process *process);

/*
 * Adds a child that was just started, for process_reap to fill in. It must be removed before its struct goes. SIGCHLD is
 * watched as PID 1 only so far.
 */
void process_add_child(struct process *process, struct process_child *child, pid_t pid);
void process_remove_child(struct process *process, const struct process_child *child);

/*
 * The only place that waits for children, and never until one ends. Those that were added learn their status. As PID 1
 * it throws away that of any other, which are the orphans PID 1 inherits (FACTS 39). Elsewhere it leaves the others
 * alone: they were there before this program, and are the app's.
 */
void process_reap(const struct process *process);

#endif
