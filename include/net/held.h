/*
 * How one waitfor asks another, which holds a connection (--hold), whether that has reached its service. A port that is held
 * accepts always, so a probe that only connects would find waitfor and not the service. The two talk over a Unix socket of the same
 * network namespace, whose abstract name has the port (unix(7)).
 */
#ifndef NET_HELD_H
#define NET_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"
#include "target/outcome.h"

/* Where who holds is asked. */
struct held_desk {
	struct listener listener;
	/*
	 * Is this connection, of which `who` is the other end, passed on? The answer is due at fd, by held_answer; who does not
	 * hold the connection closes fd without one. Who is not root is asked by processes of the same user or of root only.
	 */
	void (*asked)(void *arg, const struct address *who, int fd);
	void *arg;
};

/*
 * Opens the desk of a held port. Returns -1 with errno, as where somebody else has its name; then a probe finds what it connects to,
 * as ever.
 */
int held_desk_open(struct held_desk *desk, struct loop *loop, uint16_t port,
		   void (*asked)(void *arg, const struct address *who, int fd), void *arg);

/* Also valid for one that could not be opened, and for a zeroed one. */
void held_desk_close(struct held_desk *desk);

/* Answers, READY if the connection is passed on, else why it is not, and closes fd. */
void held_answer(int fd, enum outcome_kind kind);

/* A question that waits for its answer. Zeroed: there is none. */
struct held_question {
	bool open;
	int fd;
	struct loop_watch watch;
	void (*answered)(void *arg, enum outcome_kind kind);
	void *arg;
};

/*
 * Asks about a connection to a port of this machine. Returns 1 if somebody is asked; then `answered` is called once, later, and may
 * call held_drop. It is given OUTCOME_NONE by who does not hold the connection, and where who was asked has ended. Returns 0 if nobody
 * holds that port, and -1 with errno where this process lacks something. Only who runs as the same user or as root is asked: others
 * could say that a service is not ready.
 */
int held_ask(struct held_question *question, struct loop *loop, int connection,
	     void (*answered)(void *arg, enum outcome_kind kind), void *arg);

/* Also valid for one that is not open. */
void held_drop(struct held_question *question);

#endif
