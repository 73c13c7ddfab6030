/*
 * An advisory lock of PostgreSQL (manual, "Advisory Locks"), taken by the session of a probe that has logged in, and kept for as
 * long as the command runs. What a command did under it once for all is noted in a table, waitfor_once.
 */
#ifndef PROBE_POSTGRES_PGLOCK_H
#define PROBE_POSTGRES_PGLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "base/errors.h"
#include "target/outcome.h"

/* The lock of one target, for all of its attempts. Only one session at a time asks for it. */
struct pglock;

/* version: VERSION of ?once; NULL: the command may run any number of times. Both texts must outlive the lock. */
struct pglock *pglock_new(const char *name, const char *version);

/* Ends the session that the lock has, and with it the lock. NULL is allowed. */
void pglock_free(struct pglock *lock);

/* Returns the key of the lock: 64 bits of FNV-1a over "waitfor:NAME". It must never change, because versions of waitfor meet. */
int64_t pglock_key(const char *name);

/* Does a session ask already? Another probe of the attempt, at another address, has nothing to do then. */
bool pglock_is_busy(const struct pglock *lock);

/* What is reported while another session has the lock. */
struct outcome pglock_locked(const struct pglock *lock);

/*
 * A probe begins to ask: with a new session that is logged in, or, if conn is NULL, with the one that an attempt before has left.
 * Returns the session, or NULL if there is none. pglock_end must follow.
 */
PGconn *pglock_begin(struct pglock *lock, PGconn *conn);

/* Sends the next question. limit (microseconds) is that of an attempt. Returns false if the session is lost. */
bool pglock_ask(struct pglock *lock, PGconn *conn, int64_t limit);

enum pglock_news {
	PGLOCK_WAITS,   /* the answer is not whole yet */
	PGLOCK_ASKS,    /* there is another question: pglock_ask */
	PGLOCK_DECIDED, /* the outcome is known */
	PGLOCK_FAILED   /* the answer is an error, whose SQLSTATE decides: *result, which the caller clears */
};

/*
 * Reads an answer as far as it has come in (PQconsumeInput). The outcome may be READY: the lock is held. Or LOCKED: another
 * session holds it.
 */
enum pglock_news pglock_read(struct pglock *lock, PGconn *conn, struct outcome *outcome, PGresult **result);

/* The probe ends. Returns whether the session stays with the lock, because it holds it or may wait again; else it is the caller's. */
bool pglock_end(struct pglock *lock, PGconn *conn, bool keep);

/* After the wait: returns the session that holds the lock. */
PGconn *pglock_session(const struct pglock *lock);

/* Has the command succeeded for this version before? */
bool pglock_is_done(const struct pglock *lock);

/*
 * Notes that the command has succeeded, if there is a version. Waits for the server 10 s at most, and so does the server for whoever
 * has locked the table. Returns -1 with err.
 */
int pglock_note(const struct pglock *lock, struct error *err);

#endif
