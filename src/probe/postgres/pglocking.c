#include "probe/postgres/pglocking.h"

#include "probe/postgres/conninfo.h"
#include "probe/postgres/pglock.h"

static struct pglock *pglocking_lock(const struct target *target)
{
	const struct conninfo *info = target->plan;

	return info->lock;
}

static void pglocking_watch(struct pglocking *locking)
{
	bool writing = PQflush(locking->conn) == 1;

	loop_watch_set(locking->probe->loop, &locking->watch, PQsocket(locking->conn), !writing, writing);
}

static void pglocking_finish(struct pglocking *locking, const struct outcome *outcome)
{
	loop_watch_clear(&locking->watch);
	probe_finish(locking->probe, outcome);
}

static void pglocking_end_lost(struct pglocking *locking)
{
	const struct outcome lost = outcome_make(OUTCOME_RESET, NULL);

	pglocking_finish(locking, &lost);
}

static void pglocking_ask(struct pglocking *locking)
{
	if (pglock_ask(pglocking_lock(locking->probe->target), locking->conn, locking->probe->limit))
		pglocking_watch(locking);
	else
		pglocking_end_lost(locking);
}

static void pglocking_read(struct pglocking *locking)
{
	struct outcome outcome;
	PGresult *result;

	switch (pglock_read(pglocking_lock(locking->probe->target), locking->conn, &outcome, &result)) {
	case PGLOCK_WAITS:
		pglocking_watch(locking);
		break;
	case PGLOCK_ASKS:
		pglocking_ask(locking);
		break;
	case PGLOCK_DECIDED:
		pglocking_finish(locking, &outcome);
		break;
	case PGLOCK_FAILED:
		loop_watch_clear(&locking->watch);
		locking->failed(locking->probe, result);
		PQclear(result);
		break;
	}
}

static void pglocking_on_ready(void *arg, bool readable, bool writable)
{
	struct pglocking *locking = arg;

	(void)readable;
	(void)writable;
	if (!PQconsumeInput(locking->conn))
		pglocking_end_lost(locking);
	else if (PQflush(locking->conn) == 1)
		pglocking_watch(locking);
	else
		pglocking_read(locking);
}

static void pglocking_start(struct pglocking *locking, struct probe *probe, PGconn *conn,
			    void (*failed)(struct probe *probe, const PGresult *result))
{
	*locking = (struct pglocking){.probe = probe, .conn = conn, .failed = failed};
	locking->watch = (struct loop_watch){.ready = pglocking_on_ready, .arg = locking};
	probe_expire_as(probe, OUTCOME_SILENT, "no answer to the query");
	PQsetnonblocking(conn, 1);
	pglocking_ask(locking);
}

/* Does the session of another probe ask already? Then this one is finished. */
static bool pglocking_is_second(struct probe *probe)
{
	struct pglock *lock = pglocking_lock(probe->target);
	struct outcome locked = pglock_locked(lock);

	if (!pglock_is_busy(lock))
		return false;
	probe_finish(probe, &locked);
	return true;
}

void pglocking_begin(struct pglocking *locking, struct probe *probe, PGconn *conn,
		     void (*failed)(struct probe *probe, const PGresult *result))
{
	if (pglocking_is_second(probe))
		return;
	pglock_begin(pglocking_lock(probe->target), conn);
	pglocking_start(locking, probe, conn, failed);
}

bool pglocking_resume(struct pglocking *locking, struct probe *probe, PGconn **conn,
		      void (*failed)(struct probe *probe, const PGresult *result))
{
	*conn = NULL;
	if (pglocking_is_second(probe))
		return true;
	*conn = pglock_begin(pglocking_lock(probe->target), NULL);
	if (*conn)
		pglocking_start(locking, probe, *conn, failed);
	return *conn;
}

bool pglocking_stop(struct pglocking *locking)
{
	const struct probe *probe = locking->probe;

	if (!probe)
		return false;
	loop_watch_clear(&locking->watch);
	return pglock_end(pglocking_lock(probe->target), locking->conn,
			  probe->finished &&
				  (probe->outcome.kind == OUTCOME_READY || probe->outcome.kind == OUTCOME_LOCKED));
}

static int pglocking_fd(const struct target *target)
{
	return PQsocket(pglock_session(pglocking_lock(target)));
}

static bool pglocking_stands(const struct target *target)
{
	PGconn *conn = pglock_session(pglocking_lock(target));

	return PQconsumeInput(conn) && PQstatus(conn) == CONNECTION_OK;
}

static bool pglocking_is_done(const struct target *target)
{
	return pglock_is_done(pglocking_lock(target));
}

static int pglocking_note(const struct target *target, struct error *err)
{
	return pglock_note(pglocking_lock(target), err);
}

const struct locking pglocking_slots = {
	.fd = pglocking_fd,
	.stands = pglocking_stands,
	.is_done = pglocking_is_done,
	.note = pglocking_note,
};
