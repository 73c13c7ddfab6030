#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_SPIN = 100 };

void watch_must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "storm: this does not hold: %s (the last error: %s)\n", what, strerror(errno));
	exit(2);
}

int64_t watch_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (int64_t)WATCH_SECOND + time.tv_nsec / 1000;
}

/* Looks at the clock for the last of the time, which is more exact. */
void watch_sleep_until(int64_t when)
{
	int64_t left = when - watch_now() - WATCH_SPIN;

	if (left > 0)
		usleep((useconds_t)left);
	while (watch_now() < when)
		;
}

bool watch_read(struct watch_words *words, size_t count, int64_t deadline)
{
	struct pollfd ready = {.fd = words->pipe, .events = POLLIN};
	ssize_t got = 1;

	while (words->count < count && got > 0 && watch_now() < deadline) {
		if (poll(&ready, 1, 100) <= 0)
			continue;
		got = read(words->pipe, words->text + words->count, sizeof(words->text) - words->count);
		words->count += got > 0 ? (size_t)got : 0;
	}
	return words->count >= count;
}

bool watch_end(pid_t pid, int *status)
{
	int64_t deadline = watch_now() + WATCH_PATIENCE;
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) == 0 && watch_now() < deadline)
		usleep(200);
	if (ended == pid)
		return true;
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return false;
}

/* Reads a line of /proc/PID/status: "SigCgt:\t0000000000000000". */
static void watch_status(pid_t pid, const char *name, char *value, size_t size)
{
	char path[40], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	watch_must(file, path);
	while (!found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		found = strncmp(line, name, strlen(name)) == 0;
	}
	fclose(file);
	watch_must(found, name);
	snprintf(value, size, "%s", line + strlen(name) + 1);
}

void watch_name(pid_t pid, char *name, size_t size)
{
	watch_status(pid, "Name:", name, size);
}

static bool watch_has(pid_t pid, const char *name, int number)
{
	char set[32];

	watch_status(pid, name, set, sizeof(set));
	return strtoull(set, NULL, 16) >> (number - 1) & 1;
}

bool watch_would_get(pid_t pid, int number)
{
	return watch_has(pid, "SigCgt:", number) || watch_has(pid, "SigBlk:", number);
}
