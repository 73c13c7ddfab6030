/*
 * The resources of a wait: the loop with its signals, the resolver, and a limit for open sockets. main opens the
 * session and closes it before exec, so that the app inherits nothing of it.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "net/lookup.h"
#include "net/loop.h"
#include "net/sockets.h"
#include "net/tls.h"
#include "system/process.h"

struct session {
	struct loop *loop;
	struct lookup_shared *names;
	struct sockets kept;
	struct tls_store *tls;       /* of the probes; NULL: nobody needed it yet */
	size_t sockets, sockets_max; /* of probes: how many are taken, and the limit */
};

/* process must outlive the session. Returns -1 with err on failure; then there is nothing to close. */
int session_open(struct session *session, struct process *process, struct error *err);

/* Free everything that uses the loop or the resolver first. */
void session_close(struct session *session);

/*
 * Reserves one socket. Returns false at the limit: then the caller waits and asks again after a session_give_socket.
 */
bool session_take_socket(struct session *session);

/* Would session_take_socket return true? */
bool session_has_socket(const struct session *session);

/* Ends the reservation of one socket. */
void session_give_socket(struct session *session);

#endif
