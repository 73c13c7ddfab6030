/* What this process was handed and must hand on: its signal mask, and descriptors 0 to 2 (FACTS 36-38). */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <signal.h>
#include <stdbool.h>

struct process {
	sigset_t mask_found;  /* the mask the app must start with */
	sigset_t ending;      /* the signals that end waitfor; blocked, so that none is lost */
	sigset_t watched;     /* those, and SIGCHLD where orphans are ours to reap */
	bool is_init;         /* PID 1 */
	bool had_broken_pipe; /* SIGPIPE was pending: then it is the app's to find */
};

/*
 * First thing in main. Blocks the signals that end a program, so that they wait for the loop to read
 * them and no handler can lose one; those found ignored stay ignored. Puts a descriptor that dies at
 * exec where 0, 1 or 2 is closed, so that no socket of ours becomes the app's stdin.
 */
void process_take(struct process *process);

/* An ending signal that arrived and was not read yet, taken off the queue; 0 when there is none. */
int process_pending_signal(const struct process *process);

/*
 * Puts the mask back. From here to execve an ending signal ends the process with 128+n, instead of
 * being lost with the app starting anyway (FACTS 36).
 */
void process_give_back(const struct process *process);

/* Collects the orphans that PID 1 inherits (FACTS 39). Only for is_init. */
void process_reap(void);

#endif
