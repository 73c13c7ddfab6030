#include "probe/postgres/pglock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "probe/postgres/pglocktext.h"

/*
 * How long a session waits for the lock at a time, so that it can tell now and then who holds it. A server that logs waits
 * (log_lock_waits) does so after a second, if deadlock_timeout is not another one.
 */
#define PGLOCK_TURN (900 * CLOCK_MS)
/* How long the server may take to note that a command has succeeded. */
#define PGLOCK_NOTE (10 * CLOCK_S)

enum pglock_step {
	PGLOCK_SETTINGS,
	PGLOCK_TAKE,
	PGLOCK_HOLDER,
	PGLOCK_VERIFY,
	PGLOCK_TABLE,
	PGLOCK_CREATE,
	PGLOCK_VERSION
};

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
	if (conn) {
		lock->step = PGLOCK_SETTINGS;
		PQfinish(lock->kept);
	} else {
		conn = lock->kept;
	}
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

static char *pglock_question(const struct pglock *lock, int64_t limit)
{
	switch (lock->step) {
	case PGLOCK_SETTINGS:
		return pglocktext_settings(limit / 2 < PGLOCK_TURN ? limit / 2 : PGLOCK_TURN);
	case PGLOCK_TAKE:
		return pglocktext_take(lock->key, lock->has_asked);
	case PGLOCK_HOLDER:
		return pglocktext_holder(lock->key);
	case PGLOCK_VERIFY:
		return pglocktext_verify(lock->key, PGLOCK_NOTE);
	case PGLOCK_TABLE:
		return pglocktext_table();
	case PGLOCK_CREATE:
		return pglocktext_create();
	case PGLOCK_VERSION:
		break;
	}
	return pglocktext_version();
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
	lock->step = is_held ? PGLOCK_VERIFY : PGLOCK_HOLDER;
}

/* The server has said that the lock is held. Is it? */
static void pglock_judge_held(struct pglock *lock, const PGresult *result)
{
	lock->step = PGLOCK_TABLE;
	if (!pglock_is_true(result, 0))
		lock->decided = outcome_make(OUTCOME_UNSUITABLE, "the server has no advisory locks");
	else if (!lock->version)
		lock->decided = outcome_make(OUTCOME_READY, NULL);
}

/* What cannot be noted later must not run. */
static void pglock_judge_version(struct pglock *lock, const PGresult *result)
{
	lock->is_done = pglock_is_true(result, 0);
	if (lock->is_done || pglock_is_true(result, 1))
		lock->decided = outcome_make(OUTCOME_READY, NULL);
	else
		lock->decided = outcome_make(OUTCOME_DENIED, "permission to INSERT into waitfor_once is missing");
}

/* Notes who has the lock. If nobody has it any more, there is no row. */
static void pglock_judge_holder(struct pglock *lock, const PGresult *result)
{
	const char *name, *address, *since;

	lock->step = PGLOCK_TAKE;
	if (PQntuples(result) == 0)
		return;
	name = PQgetvalue(result, 0, 0);
	address = PQgetvalue(result, 0, 1);
	since = PQgetvalue(result, 0, 2);
	lock->locked =
		outcome_make(OUTCOME_LOCKED, "held by %.63s%s%.45s%s%.8s%s", *name ? name : "a session without a name",
			     *address ? " at " : "", address, *since ? " since " : "", since, *since ? " UTC" : "");
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
	case PGLOCK_VERIFY:
		pglock_judge_held(lock, result);
		break;
	case PGLOCK_TABLE:
		lock->step = pglock_is_true(result, 0) ? PGLOCK_VERSION : PGLOCK_CREATE;
		break;
	case PGLOCK_CREATE:
		lock->step = PGLOCK_VERSION;
		break;
	case PGLOCK_VERSION:
		pglock_judge_version(lock, result);
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

/* Waits until the answer is whole. Returns why it is not; NULL: it is. */
static const char *pglock_await(PGconn *conn)
{
	int64_t until = clock_now() + PGLOCK_NOTE, now;

	while (PQflush(conn) == 1 || PQisBusy(conn)) {
		struct pollfd wanted = {.fd = PQsocket(conn), .events = POLLIN};

		wanted.events |= PQflush(conn) == 1 ? POLLOUT : 0;
		now = clock_now();
		if (now >= until)
			return "the server does not answer";
		if (poll(&wanted, 1, (int)((until - now) / CLOCK_MS) + 1) > 0 && !PQconsumeInput(conn))
			return "the session is lost";
	}
	return NULL;
}

int pglock_note(const struct pglock *lock, struct error *err)
{
	const char *const values[] = {lock->name, lock->version};
	const char *why = "the session is lost";
	PGresult *result = NULL;
	char *question;

	if (!lock->version)
		return 0;
	question = pglocktext_note();
	if (PQsendQueryParams(lock->kept, question, 2, NULL, values, NULL, NULL, 0))
		why = pglock_await(lock->kept);
	free(question);
	if (!why) {
		result = PQgetResult(lock->kept);
		why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	}
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		errors_set(
			err,
			"the command has succeeded, but \"%s\" could not be noted in waitfor_once: %s; it may run again",
			lock->version, why ? why : "no answer");
	PQclear(result);
	return err->set ? -1 : 0;
}
