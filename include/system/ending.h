/*
 * The signals that end this program. A handler notes the first one, and the loop learns of it through a descriptor. So
 * the wait ends in order: with a line, and with reports. But if the loop does not notice the signal within half a
 * second, because a library call does not return, the handler ends the process.
 */
#ifndef SYSTEM_ENDING_H
#define SYSTEM_ENDING_H

#include <signal.h>

/*
 * Installs the handler for the wanted signals, which must be blocked, and stores in *handled those for which the C
 * library allows one. Call it once.
 */
void ending_handle(const sigset_t *wanted, sigset_t *handled);

/* Returns the number of the first signal that the handler has noted; 0 if there was none. */
int ending_noted(void);

/*
 * Opens a descriptor that becomes readable when a signal is noted, or was noted before. Only one may be open at a time.
 * Returns -1 with errno on failure.
 */
int ending_watch(void);

/* Closes what ending_watch returned; -1 is allowed. */
void ending_unwatch(int fd);

/*
 * The loop has noticed the signal. The process has ENDING_GRACE from now on to write its reports; another signal cuts
 * that short.
 */
void ending_notice(void);

/*
 * From now on a signal ends the process immediately, and so does one that was noted already. So none is lost before exec
 * (FACTS 36).
 */
void ending_hurry(void);

/* Returns the exit code of a program that a signal ended, as a shell shows it. */
int ending_exit_code(int signal_number);

#endif
