/* What can be seen of a process: its end, what it writes, and what the kernel says of its signals. */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WATCH_SECOND = 1000000, WATCH_PATIENCE = 10 * WATCH_SECOND };

/* What a process has written into a pipe. */
struct watch_words {
	int pipe;
	char text[8];
	size_t count;
};

/* Ends the storm with exit code 2 if something fails that has nothing to do with waitfor. */
void watch_must(bool holds, const char *what);

/* Microseconds. */
int64_t watch_now(void);
void watch_sleep_until(int64_t when);

/* Reads until `count` bytes are there, the pipe is closed, or the deadline. Returns whether they are there. */
bool watch_read(struct watch_words *words, size_t count, int64_t deadline);

/* Waits for the end of a child. Returns false for one that hangs, which is killed then. */
bool watch_end(pid_t pid, int *status);

/* The name of a process, which execve changes. */
void watch_name(pid_t pid, char *name, size_t size);

/* Would it get this signal as PID 1? The kernel drops what is neither handled nor blocked. */
bool watch_would_get(pid_t pid, int number);

#endif
