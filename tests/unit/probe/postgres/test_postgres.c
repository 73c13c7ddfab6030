#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "loopback.h"
#include "pg_peer.h"

static void check_peers(const struct pg_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pg_peer_check_all(&rows[i]);
		pg_peer_check(&rows[i],
			      OUTCOME_REFUSED); /* with a precheck, which is another connection to the same script */
	}
}

/* Without a password. FACTS 22, 23 and 27. */
static void test_ping(void **state)
{
	static const struct pg_row rows[] = {
		{"cleartext", PING, {STARTUP, ASK_CLEARTEXT, HOLD}, OUTCOME_READY, "", 0},
		{"MD5", PING, {STARTUP, ASK_MD5, HOLD}, OUTCOME_READY, "", 0},
		{"SCRAM", PING, {STARTUP, ASK_SCRAM, HOLD}, OUTCOME_READY, "", 0},
		{"GSSAPI, which is not built in", PING, {STARTUP, ASK_GSSAPI, HOLD}, OUTCOME_READY, NULL, 0},
		{"trust", PING, {STARTUP, LET_IN, HOLD}, OUTCOME_READY, "", 0},
		{"starting up", PING, {STARTUP, ERROR("57P03"), CLOSE}, OUTCOME_STARTING, "57P03: no", 0},
		{"shutting down", PING, {STARTUP, ERROR("57P01"), CLOSE}, OUTCOME_STARTING, "57P01: no", 0},
		{"too many clients", PING, {STARTUP, ERROR("53300"), CLOSE}, OUTCOME_FULL, "53300: no", 0},
		{"out of memory", PING, {STARTUP, ERROR("53200"), CLOSE}, OUTCOME_STARTING, "53200: no", 0},
		{"no such role", PING, {STARTUP, ERROR("28000"), CLOSE}, OUTCOME_READY, NULL, 0},
		{"no such database", PING, {STARTUP, ERROR("3D000"), CLOSE}, OUTCOME_READY, NULL, 0},
		{"a pooler", PING, {STARTUP, ERROR("XX000"), CLOSE}, OUTCOME_READY, NULL, 0},
		{"another pooler", PING, {STARTUP, ERROR("08P01"), CLOSE}, OUTCOME_READY, NULL, 0},
		{"not in a state to serve", PING, {STARTUP, ERROR("55000"), CLOSE}, OUTCOME_STARTING, "55000: no", 0},
		{"a state nobody knows", PING, {STARTUP, ERROR("ZZZZZ"), CLOSE}, OUTCOME_READY, NULL, 0},
	};

	(void)state;
	check_peers(rows, COUNT(rows));
}

/* With a password the probe logs in and sends SELECT 1. */
static void test_login(void **state)
{
	static const struct pg_row rows[] = {
		{"let in",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, LET_IN, MESSAGE, ROW_OF_ONE, HOLD},
		 OUTCOME_READY,
		 "",
		 0},
		{"let in without being asked",
		 LOGIN,
		 {STARTUP, LET_IN, MESSAGE, ROW_OF_ONE, HOLD},
		 OUTCOME_READY,
		 "",
		 0},
		{"asked, and no more", LOGIN, {STARTUP, ASK_CLEARTEXT, HOLD}, OUTCOME_SILENT, NULL, PG_SHORT},
		{"wrong password",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("28P01"), CLOSE},
		 OUTCOME_DENIED,
		 "28P01: no",
		 0},
		{"no such database",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("3D000"), CLOSE},
		 OUTCOME_DENIED,
		 "3D000: no",
		 0},
		{"no right to connect",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("42501"), CLOSE},
		 OUTCOME_DENIED,
		 "42501",
		 0},
		{"starting up", LOGIN, {STARTUP, ERROR("57P03"), CLOSE}, OUTCOME_STARTING, "57P03: no", 0},
		{"too many clients",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("53300"), CLOSE},
		 OUTCOME_FULL,
		 "53300",
		 0},
		{"a pooler that does not know us",
		 LOGIN,
		 {STARTUP, ERROR("XX000"), CLOSE},
		 OUTCOME_DENIED,
		 "XX000: no",
		 0},
		{"one that refuses the password",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("08P01"), CLOSE},
		 OUTCOME_DENIED,
		 "08P01: no",
		 0},
		{"a hint where the database is not named",
		 "postgres://me:hunter2@127.0.0.1:#",
		 {STARTUP, ERROR("08P01"), CLOSE},
		 OUTCOME_DENIED,
		 "08P01: no; name user and database",
		 0},
		{"an error behind the login",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, LET_IN_BUT_ERROR("XX000"), CLOSE},
		 OUTCOME_STARTING,
		 "XX000: no",
		 0},
		{"a pooler whose server is gone",
		 LOGIN,
		 {STARTUP, LET_IN, MESSAGE, ERROR("08P01"), CLOSE},
		 OUTCOME_STARTING,
		 NULL,
		 0},
		{"a system error", LOGIN, {STARTUP, ERROR("58030"), CLOSE}, OUTCOME_STARTING, "58030: no", 0},
		{"no such database, and none was named",
		 "postgres://me:hunter2@127.0.0.1:#",
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("3D000"), CLOSE},
		 OUTCOME_READY,
		 NULL,
		 0},
		{"no such database, which may be",
		 LOGIN "?missing-database=ok",
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("3D000"), CLOSE},
		 OUTCOME_READY,
		 NULL,
		 0},
		{"a wrong password, where the database may be missing",
		 LOGIN "?missing-database=ok",
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("28P01"), CLOSE},
		 OUTCOME_DENIED,
		 "28P01: no",
		 0},
		{"a server that says the password back",
		 LOGIN,
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ECHO_OF_PASSWORD, CLOSE},
		 OUTCOME_DENIED,
		 "28P01",
		 0},
		{"no answer to the query",
		 LOGIN,
		 {STARTUP, LET_IN, HOLD},
		 OUTCOME_SILENT,
		 "no answer to the query",
		 PG_SHORT},
		{"shut down before the query",
		 LOGIN,
		 {STARTUP, LET_IN, MESSAGE, ERROR("57P01"), CLOSE},
		 OUTCOME_STARTING,
		 NULL,
		 0},
		{"closed instead of an answer", LOGIN, {STARTUP, LET_IN, MESSAGE, CLOSE}, OUTCOME_RESET, NULL, 0},
	};

	(void)state;
	check_peers(rows, COUNT(rows));
}

/* target_session_attrs asks for a server with a certain property. FACTS 27: a mismatch may be temporary. */
static void test_sessions(void **state)
{
	static const struct pg_row rows[] = {
		{"a standby", LOGIN SESSION, {STARTUP, LET_IN_TO_STANDBY, HOLD}, OUTCOME_UNSUITABLE, NULL, 0},
		{"a standby that will do",
		 LOGIN "?target_session_attrs=standby",
		 {STARTUP, LET_IN_TO_STANDBY, MESSAGE, ROW_OF_ONE, HOLD},
		 OUTCOME_READY,
		 "",
		 0},
		{"it cannot be seen without a password",
		 PING SESSION,
		 {STARTUP, ASK_CLEARTEXT, HOLD},
		 OUTCOME_DENIED,
		 "password",
		 0},
		{"starting up", PING SESSION, {STARTUP, ERROR("57P03"), CLOSE}, OUTCOME_STARTING, "57P03", 0},
		/* HOSTILE D7: an error shows that a server is there, not what it is. */
		{"a refused role",
		 PING SESSION,
		 {STARTUP, ERROR("28000"), CLOSE},
		 OUTCOME_DENIED,
		 "28000: no; a login is needed to see whether target_session_attrs is met",
		 0},
		{"a refused database",
		 PING SESSION,
		 {STARTUP, ERROR("3D000"), CLOSE},
		 OUTCOME_DENIED,
		 "a login is needed",
		 0},
		{"a refusing pooler",
		 PING SESSION,
		 {STARTUP, ERROR("XX000"), CLOSE},
		 OUTCOME_DENIED,
		 "a login is needed",
		 0},
		{"a missing database, which may be",
		 LOGIN SESSION "&missing-database=ok",
		 {STARTUP, ASK_CLEARTEXT, MESSAGE, ERROR("3D000"), CLOSE},
		 OUTCOME_DENIED,
		 "3D000",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		pg_peer_check_all(&rows[i]);
}

static bool received(const struct speaker_connection *connection, const char *bytes, size_t len)
{
	return memmem(connection->received, connection->received_len, bytes, len) != NULL;
}

/*
 * FACTS 25: the probe sends a startup message, reads the authentication request, and sends FIN; not one byte more.
 * FACTS 29: user and database in the startup message are those of the target.
 */
static void test_what_a_server_sees(void **state)
{
	static const struct speaker_step script[] = {STARTUP, ASK_SCRAM, HOLD};
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	struct speaker peer;

	(void)state;
	for (int was_down = 0; was_down < 2; was_down++) {
		const struct speaker_connection *last;

		unit_loop_open(&unit);
		speaker_open(&peer, &unit, "127.0.0.1", script);
		prober_open(&prober, &unit, PING, peer.port);
		prober.last = was_down ? OUTCOME_REFUSED : OUTCOME_NONE;
		address = loopback_address("127.0.0.1", peer.port);
		prober_run(&prober, &address, PG_LIMIT, "ping");
		speaker_await_end(&peer, "ping");
		check_int("connections", (long long)peer.count, 1 + was_down);
		if (was_down)
			check_int("the precheck says nothing", (long long)peer.connections[0].received_len, 0);
		last = &peer.connections[was_down];
		check_int("one connection at a time", (long long)last->beside, 0);
		check("the user", received(last, "user\0me", 8));
		check("the database", received(last, "database\0app", 13));
		check("the name in the server's lists", received(last, "application_name\0waitfor", 25));
		check_int("not a byte more", (long long)last->received_len, (long long)last->taken);
		prober_close(&prober);
		speaker_close(&peer);
		unit_loop_close(&unit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_what_a_server_sees),
	};

	/* The user who runs this may have a password file or PGSSLMODE. */
	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
