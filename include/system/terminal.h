/* Writes to a terminal that cannot block: it may have been stopped with ^S, or nobody may read it any more. */
#ifndef SYSTEM_TERMINAL_H
#define SYSTEM_TERMINAL_H

/*
 * Opens the terminal again that fd leads to, for writing with O_NONBLOCK. O_NONBLOCK on fd itself would affect the app
 * and all others that share the open file (FACTS 38). Returns -1 if fd is not a terminal, or if it cannot be opened:
 * without /proc, or if it belongs to another user. The caller closes the descriptor.
 */
int terminal_open(int fd);

#endif
