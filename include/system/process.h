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
	sigset_t ending;                /* the signals that end waitfor; they are blocked, so that none is lost */
	sigset_t watched;               /* ending, and as PID 1 also SIGCHLD, to reap orphans */
	bool is_init;                   /* PID 1 */
	bool had_broken_pipe;           /* SIGPIPE was pending at the start, and must stay pending for the app */
	struct process_child *children; /* list of the children that process_add_child added */
};

/*
 * main calls this first. Blocks the signals that end a program: they stay pending until the loop reads them, and no
 * handler can lose one. A signal that is ignored stays ignored. If descriptor 0, 1 or 2 is closed, opens one that is
 * closed again at exec, so that no socket of waitfor becomes the app's stdin.
 */
void process_take(struct process *process);

/* Returns the number of a pending ending signal, which is then no longer pending; 0 if there is none. */
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
 * Restores the signal mask, for execve. Until then an ending signal ends the process with 128+n. Otherwise the signal
 * would be lost and the app would start (FACTS 36).
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
