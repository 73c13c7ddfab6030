/* How the probe of PostgreSQL asks for a lock in a session that is logged in, and how the lock is held after the wait. */
#ifndef PROBE_POSTGRES_PGLOCKING_H
#define PROBE_POSTGRES_PGLOCKING_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "attempt/locking.h"
#include "attempt/probe.h"
#include "net/loop.h"

/* The part of one probe. Zeroed: it has not begun. */
struct pglocking {
	struct probe *probe;
	PGconn *conn;
	struct loop_watch watch;
	void (*failed)(struct probe *probe, const PGresult *result);
};

/*
 * Asks for the lock of the target, whose plan is a conninfo with one, and finishes the probe. If another address of the target has
 * led to the server before, this probe has nothing to do, and finishes at once. failed is called for an answer that is an error.
 */
void pglocking_begin(struct pglocking *locking, struct probe *probe, PGconn *conn,
		     void (*failed)(struct probe *probe, const PGresult *result));

/*
 * The same with the session that an attempt before this one has left. *conn becomes that session, or NULL if there is none or
 * another probe has it. Returns false if the caller must make a session.
 */
bool pglocking_resume(struct pglocking *locking, struct probe *probe, PGconn **conn,
		      void (*failed)(struct probe *probe, const PGresult *result));

/* The probe ends. Returns whether the session stays, because it has the lock or waits for it; else it is the caller's. */
bool pglocking_stop(struct pglocking *locking);

extern const struct locking pglocking_slots;

#endif
