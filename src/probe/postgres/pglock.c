#include "probe/postgres/pglock.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* How long a session waits for the lock at a time, so that it can tell now and then who holds it. */
#define PGLOCK_TURN (2 * CLOCK_S)
/* How long the server may take to note that a command has succeeded. */
#define PGLOCK_NOTE (10 * CLOCK_S)

enum pglock_step { PGLOCK_SETTINGS, PGLOCK_TAKE, PGLOCK_HOLDER, PGLOCK_TABLE, PGLOCK_CREATE, PGLOCK_VERSION };

struct pglock {
	const char *name, *version;
	int64_t key;
	enum pglock_step step;  /* the question that was sent last, or comes next */
	PGconn *kept;           /* the session that holds the lock, or waits for it between two attempts; NULL: none */
	const PGconn *busy;     /* the session of a probe that runs; NULL: none */
	bool has_asked;         /* the lock was not free; from now on wait for it */
	bool is_done;           /* VERSION is in the table */
	struct outcome decided; /* by the last answer; OUTCOME_NONE: there is another question */
	struct outcome locked;  /* who has the lock, as far as it is known */
};

int64_t pglock_key(const char *name)
{
	static const char before[] = "waitfor:";
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *c = before; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return (int64_t)hash;
}

struct pglock *pglock_new(const char *name, const char *version)
{
	struct pglock *lock = alloc_zero(1, sizeof(*lock));

	lock->name = name;
	lock->version = version;
	lock->key = pglock_key(name);
	lock->locked = outcome_make(OUTCOME_LOCKED, NULL);
	return lock;
}

void pglock_free(struct pglock *lock)
{
	if (!lock)
		return;
	PQfinish(lock->kept);
	free(lock);
}

bool pglock_is_busy(const struct pglock *lock)
{
	return lock->busy;
}

struct outcome pglock_locked(const struct pglock *lock)
{
	return lock->locked;
}

PGconn *pglock_begin(struct pglock *lock, PGconn *conn)
{
	if (conn)
		lock->step = PGLOCK_SETTINGS;
	else
		conn = lock->kept;
	lock->kept = NULL;
	lock->busy = conn;
	return conn;
}

bool pglock_end(struct pglock *lock, PGconn *conn, bool keep)
{
	if (lock->busy != conn)
		return false;
	lock->busy = NULL;
	keep = keep && PQtransactionStatus(conn) != PQTRANS_ACTIVE; /* the time was up while it waited for the lock */
	lock->kept = keep ? conn : NULL;
	return keep;
}

/*
 * No limit of the role or the database may end a session that waits or is idle for hours, and the server must notice when this
 * machine is gone: it would keep the lock. Settings that a version of PostgreSQL lacks are not in the view. A standby has locks of
 * its own, and so has each session behind a pooler: there the server's process is not the one that the client was told.
 */
static char *pglock_settings(int64_t limit)
{
	int64_t turn = limit / 2 < PGLOCK_TURN ? limit / 2 : PGLOCK_TURN;

	return alloc_format(
		"SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), "
		"pg_catalog.count(pg_catalog.set_config(name, CASE name WHEN 'lock_timeout' THEN '%" PRId64 "' "
		"WHEN 'tcp_keepalives_idle' THEN '10' WHEN 'tcp_keepalives_interval' THEN '5' "
		"WHEN 'tcp_keepalives_count' THEN '3' ELSE '0' END, false)) FROM pg_catalog.pg_settings WHERE name IN "
		"('lock_timeout', 'statement_timeout', 'idle_session_timeout', 'tcp_keepalives_idle', "
		"'tcp_keepalives_interval', 'tcp_keepalives_count')",
		turn / CLOCK_MS > 0 ? turn / CLOCK_MS : 1);
}

/*
 * The first question returns at once, so that it can be told who holds the lock. The others wait in the server, where a turn comes
 * in order and at once; an error that ends the wait would be a line in its log, so it is caught there.
 */
static char *pglock_take(const struct pglock *lock)
{
	return alloc_format(
		lock->has_asked
			? "DO $$BEGIN PERFORM pg_catalog.pg_advisory_lock(%" PRId64 "), "
			  "pg_catalog.set_config('waitfor.has', 't', false); EXCEPTION WHEN lock_not_available THEN PERFORM "
			  "pg_catalog.set_config('waitfor.has', 'f', false); END$$; "
			  "SELECT pg_catalog.current_setting('waitfor.has') = 't'"
			: "SELECT pg_catalog.pg_try_advisory_lock(%" PRId64 ")",
		lock->key);
}

/* An idle session has changed its state when the lock was its own. Another user's state is seen by few; names by all. */
static char *pglock_holder(const struct pglock *lock)
{
	uint64_t key = (uint64_t)lock->key;

	return alloc_format(
		"SELECT a.application_name, pg_catalog.host(a.client_addr), "
		"pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.state_change)) "
		"FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
		"WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
		"AND l.classid = %" PRIu32 " AND l.objid = %" PRIu32 " AND l.database = "
		"(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
		(uint32_t)(key >> 32), (uint32_t)key);
}

static char *pglock_question(const struct pglock *lock, int64_t limit)
{
	switch (lock->step) {
	case PGLOCK_SETTINGS:
		return pglock_settings(limit);
	case PGLOCK_TAKE:
		return pglock_take(lock);
	case PGLOCK_HOLDER:
		return pglock_holder(lock);
	case PGLOCK_TABLE:
		return alloc_text("SELECT pg_catalog.to_regclass('waitfor_once') IS NOT NULL");
	case PGLOCK_CREATE: /* another lock's session may do the same now */
		return alloc_text("CREATE TABLE IF NOT EXISTS waitfor_once (lock text, version text, "
				  "finished timestamptz NOT NULL DEFAULT pg_catalog.now(), run_by text, "
				  "PRIMARY KEY (lock, version))");
	case PGLOCK_VERSION:
		break;
	}
	return alloc_text("SELECT 1 FROM waitfor_once WHERE lock = $1 AND version = $2");
}

bool pglock_ask(struct pglock *lock, PGconn *conn, int64_t limit)
{
	const char *const values[] = {lock->name, lock->version};
	char *question = pglock_question(lock, limit);
	bool sent = lock->step == PGLOCK_VERSION ? PQsendQueryParams(conn, question, 2, NULL, values, NULL, NULL, 0)
						 : PQsendQuery(conn, question);

	lock->decided = outcome_make(OUTCOME_NONE, NULL);
	free(question);
	return sent;
}

/* Is the value true? */
static bool pglock_is_true(const PGresult *result, int column)
{
	return PQntuples(result) > 0 && strcmp(PQgetvalue(result, 0, column), "t") == 0;
}

static void pglock_judge_session(struct pglock *lock, PGconn *conn, const PGresult *result)
{
	if (pglock_is_true(result, 0))
		lock->decided = outcome_make(OUTCOME_UNSUITABLE, "a standby, whose locks are not those of the primary");
	else if (strtol(PQgetvalue(result, 0, 1), NULL, 10) != PQbackendPID(conn))
		lock->decided =
			outcome_make(OUTCOME_DENIED,
				     "a pooler is between, which may share the session; connect to PostgreSQL itself");
	lock->step = PGLOCK_TAKE;
}

static void pglock_judge_lock(struct pglock *lock, const PGresult *result)
{
	bool is_held = pglock_is_true(result, 0);

	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		return; /* that the turn is over; the answer follows */
	lock->has_asked = true;
	lock->step = is_held ? PGLOCK_TABLE : PGLOCK_HOLDER;
	if (is_held && !lock->version)
		lock->decided = outcome_make(OUTCOME_READY, NULL);
}

/* Notes who has the lock. If nobody has it any more, there is no row. */
static void pglock_judge_holder(struct pglock *lock, const PGresult *result)
{
	const char *address, *age;
	char took[32];

	lock->step = PGLOCK_TAKE;
	if (PQntuples(result) == 0)
		return;
	address = PQgetvalue(result, 0, 1);
	age = PQgetvalue(result, 0, 2);
	lock->locked = outcome_make(OUTCOME_LOCKED, "held by %.63s%s%.45s%s%s",
				    *PQgetvalue(result, 0, 0) ? PQgetvalue(result, 0, 0) : "a session without a name",
				    *address ? " at " : "", address, *age ? " for " : "",
				    *age ? clock_format(strtol(age, NULL, 10) * CLOCK_S, took, sizeof(took)) : "");
	lock->decided = lock->locked;
}

static void pglock_judge(struct pglock *lock, PGconn *conn, const PGresult *result)
{
	switch (lock->step) {
	case PGLOCK_SETTINGS:
		pglock_judge_session(lock, conn, result);
		break;
	case PGLOCK_TAKE:
		pglock_judge_lock(lock, result);
		break;
	case PGLOCK_HOLDER:
		pglock_judge_holder(lock, result);
		break;
	case PGLOCK_TABLE:
		lock->step = pglock_is_true(result, 0) ? PGLOCK_VERSION : PGLOCK_CREATE;
		break;
	case PGLOCK_CREATE:
		lock->step = PGLOCK_VERSION;
		break;
	case PGLOCK_VERSION:
		lock->is_done = PQntuples(result) > 0;
		lock->decided = outcome_make(OUTCOME_READY, NULL);
		break;
	}
}

enum pglock_news pglock_read(struct pglock *lock, PGconn *conn, struct outcome *outcome, PGresult **result)
{
	ExecStatusType status;

	while (!PQisBusy(conn)) {
		*result = PQgetResult(conn);
		if (!*result) {
			*outcome = lock->decided;
			return outcome->kind == OUTCOME_NONE ? PGLOCK_ASKS : PGLOCK_DECIDED;
		}
		status = PQresultStatus(*result);
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
			pglock_judge(lock, conn, *result);
		else
			return PGLOCK_FAILED;
		PQclear(*result);
	}
	return PGLOCK_WAITS;
}

PGconn *pglock_session(const struct pglock *lock)
{
	return lock->kept;
}

bool pglock_is_done(const struct pglock *lock)
{
	return lock->is_done;
}

/* Waits until the answer is whole. Returns false if the session is lost or it takes too long. */
static bool pglock_await(PGconn *conn)
{
	int64_t until = clock_now() + PGLOCK_NOTE, now;

	while (PQflush(conn) == 1 || PQisBusy(conn)) {
		struct pollfd wanted = {.fd = PQsocket(conn), .events = POLLIN};

		wanted.events |= PQflush(conn) == 1 ? POLLOUT : 0;
		now = clock_now();
		if (now >= until ||
		    (poll(&wanted, 1, (int)((until - now) / CLOCK_MS) + 1) > 0 && !PQconsumeInput(conn)))
			return false;
	}
	return true;
}

int pglock_note(const struct pglock *lock, struct error *err)
{
	const char *const values[] = {lock->name, lock->version};
	PGresult *result = NULL;
	int failed = 0;

	if (!lock->version)
		return 0;
	if (PQsendQueryParams(lock->kept,
			      "INSERT INTO waitfor_once (lock, version, run_by) VALUES ($1, $2, "
			      "pg_catalog.current_setting('application_name')) ON CONFLICT DO NOTHING",
			      2, NULL, values, NULL, NULL, 0) &&
	    pglock_await(lock->kept))
		result = PQgetResult(lock->kept);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		failed = errors_set(
			err,
			"the command has succeeded, but \"%s\" could not be noted in waitfor_once: %s; it would "
			"run again",
			lock->version,
			result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : "the session is lost");
	PQclear(result);
	return failed;
}
