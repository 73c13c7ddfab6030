/* One whole wait: a command line, a sink that counts, and what came of it. */
#ifndef WAITING_H
#define WAITING_H

#include "settings/config.h"
#include "wait/waiter.h"

/* A sink that counts, and that changes the world after some attempts. */
struct recorder {
	struct sink sink;
	int began, attempted, changed, done, failed, ended;
	bool gave_up;
	const struct sinks_view *view;
	size_t failed_count;                     /* of the view */
	void (*hook)(struct recorder *recorder); /* after each attempt; NULL: none */
	int fd;                                  /* the hook's */
	uint16_t port;                           /* likewise */
};

struct waiting {
	struct config config;
	void (*arrange)(struct config *config); /* what no command line can say; NULL: nothing */
	struct env env;                         /* empty */
	struct log log;                         /* nobody listens */
	struct process process;                 /* watches no signal */
	struct recorder recorder;
	struct sink *sinks[1];
	struct waiter_result result;
	int64_t took; /* microseconds */
};

void waiting_open(struct waiting *waiting);
void waiting_close(struct waiting *waiting);

/* Waits as the command line's words, separated by blanks, say; for R and L see loopback_text. Fails the test on an error. */
void waiting_run(struct waiting *waiting, const char *words, uint16_t refusing, uint16_t listening);

#endif
