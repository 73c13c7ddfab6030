/*
 * What a wait holds of the system: the loop with its signals, the resolver, and how many sockets it may open. main opens
 * it and closes it before exec, so that nothing of it can reach the app.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "net/dns.h"
#include "net/loop.h"
#include "system/process.h"

struct session {
	struct loop *loop;
	struct dns *dns;
	size_t sockets, sockets_max; /* of probes: taken, and how many may be */
};

/* process must outlive it. On failure err is set, and there is nothing to close. */
int session_open(struct session *session, const struct process *process, struct error *err);

/* Everything that was made on it must be freed before. */
void session_close(struct session *session);

/*
 * Takes one of the sockets that may be open at once; false when there is none left: then whoever wants one waits until
 * session_give_socket was called.
 */
bool session_take_socket(struct session *session);
void session_give_socket(struct session *session);

#endif
