/* Writes to a terminal that cannot block: it may have been stopped with ^S, or nobody may read it any more. */
#ifndef SYSTEM_TERMINAL_H
#define SYSTEM_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens the terminal again that fd leads to, for writing with O_NONBLOCK. O_NONBLOCK on fd itself would affect the app
 * and all others that share the open file (FACTS 38). Returns -1 if fd is not a terminal, or if it cannot be opened:
 * without /proc, or if it belongs to another user. The caller closes the descriptor.
 */
int terminal_open(int fd);

/*
 * Returns a descriptor of the terminal that controls this process: one of 0 to 2, else a new one, which the caller closes; -1 if
 * there is none.
 */
int terminal_own(void);

/*
 * Is this process's group in the foreground of the terminal? No, if it has no number here: in a PID namespace whose terminal is
 * outside of it nobody could give the foreground back. fd -1 is allowed.
 */
bool terminal_has_foreground(int fd);

/* Makes the group the foreground of the terminal fd. SIGTTOU must be blocked. fd -1 is allowed. */
void terminal_give(int fd, pid_t group);

#endif
