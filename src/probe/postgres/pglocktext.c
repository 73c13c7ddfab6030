#include "probe/postgres/pglocktext.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

static int64_t pglocktext_ms(int64_t time)
{
	return time / CLOCK_MS > 0 ? time / CLOCK_MS : 1;
}

/*
 * No limit of the role or the database may end a session that waits or is idle for hours, and the server must notice when this
 * machine is gone: it would keep the lock. Settings that a version of PostgreSQL lacks are not in the view. A standby has locks of
 * its own, and so has each session behind a pooler: there the server's process is not the one that the client was told.
 */
char *pglocktext_settings(int64_t turn)
{
	return alloc_format(
		"SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), "
		"pg_catalog.count(pg_catalog.set_config(name, CASE name WHEN 'lock_timeout' THEN '%" PRId64 "' "
		"WHEN 'tcp_keepalives_idle' THEN '10' WHEN 'tcp_keepalives_interval' THEN '5' "
		"WHEN 'tcp_keepalives_count' THEN '3' ELSE '0' END, false)) FROM pg_catalog.pg_settings WHERE name IN "
		"('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_session_timeout', "
		"'default_transaction_read_only', 'tcp_keepalives_idle', 'tcp_keepalives_interval', "
		"'tcp_keepalives_count')",
		pglocktext_ms(turn));
}

/*
 * A wait that ends without the lock is an error, which would be a line in the server's log: so it is caught there. Within a turn the
 * server hands the lock on to whoever came first, at once.
 */
char *pglocktext_take(int64_t key, bool waits)
{
	return alloc_format(
		waits ? "DO $$BEGIN PERFORM pg_catalog.pg_advisory_lock(%" PRId64 "), "
			"pg_catalog.set_config('waitfor.has', 't', false); EXCEPTION WHEN lock_not_available THEN PERFORM "
			"pg_catalog.set_config('waitfor.has', 'f', false); END$$; "
			"SELECT pg_catalog.current_setting('waitfor.has') = 't'"
		      : "SELECT pg_catalog.pg_try_advisory_lock(%" PRId64 ")",
		key);
}

/* The locks of this key in this database (PostgreSQL manual, "pg_locks"). */
static char *pglocktext_locks(int64_t key)
{
	return alloc_format("l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = %" PRIu32
			    " AND l.objid = %" PRIu32 " AND l.database = (SELECT oid FROM pg_catalog.pg_database "
			    "WHERE datname = pg_catalog.current_database())",
			    (uint32_t)((uint64_t)key >> 32), (uint32_t)key);
}

/* An idle session has changed its state when the lock became its own. Another role's state is seen by few; names by all. */
char *pglocktext_holder(int64_t key)
{
	char *locks = pglocktext_locks(key), *text;

	text = alloc_format("SELECT a.application_name, pg_catalog.host(a.client_addr), "
			    "pg_catalog.to_char(a.state_change AT TIME ZONE 'UTC', 'HH24:MI:SS') "
			    "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE %s",
			    locks);
	free(locks);
	return text;
}

/* CockroachDB has these functions for its clients' sake: they say that the lock is taken, and there is none. */
char *pglocktext_verify(int64_t key, int64_t patience)
{
	char *locks = pglocktext_locks(key), *text;

	text = alloc_format("SELECT pg_catalog.count(*) > 0, pg_catalog.set_config('lock_timeout', '%" PRId64
			    "', false) "
			    "FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND %s",
			    pglocktext_ms(patience), locks);
	free(locks);
	return text;
}

char *pglocktext_table(void)
{
	return alloc_text("SELECT pg_catalog.to_regclass('waitfor_once') IS NOT NULL");
}

/* It fails if the session of another lock does the same in this moment, and is asked again in the next attempt. */
char *pglocktext_create(void)
{
	return alloc_text("CREATE TABLE IF NOT EXISTS waitfor_once (lock text, version text, "
			  "finished timestamptz NOT NULL DEFAULT pg_catalog.now(), run_by text, "
			  "PRIMARY KEY (lock, version))");
}

char *pglocktext_version(void)
{
	return alloc_text("SELECT EXISTS (SELECT 1 FROM waitfor_once WHERE lock = $1 AND version = $2), "
			  "pg_catalog.has_table_privilege('waitfor_once', 'INSERT')");
}

char *pglocktext_note(void)
{
	return alloc_text("INSERT INTO waitfor_once (lock, version, run_by) VALUES ($1, $2, "
			  "pg_catalog.current_setting('application_name')) ON CONFLICT DO NOTHING");
}
