/* Writes to a terminal that cannot block: it may have been stopped with ^S, or nobody may read it any more. */
#ifndef SYSTEM_TERMINAL_H
#define SYSTEM_TERMINAL_H

#include <sys/types.h>

/*
 * Opens the terminal again that fd leads to, for writing with O_NONBLOCK. O_NONBLOCK on fd itself would affect the app
 * and all others that share the open file (FACTS 38). Returns -1 if fd is not a terminal, or if it cannot be opened:
 * without /proc, or if it belongs to another user. The caller closes the descriptor.
 */
int terminal_open(int fd);

/*
 * Returns a descriptor, of 0 to 2, of the terminal whose foreground this process's group is; -1 if there is none, or if the group
 * is in the background.
 */
int terminal_of_foreground(void);

/* Makes the group the foreground of the terminal fd. SIGTTOU must be blocked. fd -1 is allowed. */
void terminal_give(int fd, pid_t group);

#endif
