/* postgres.c and peers that fail, or that are not PostgreSQL. */
#include "unit.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "loopback.h"
#include "pg_peer.h"

/* Replies that end too early. FACTS 34: "not ready" with a clear reason, never a crash. */
static void test_broken(void **state)
{
	static const struct pg_row rows[] = {
		{"silence", PING, {HOLD}, OUTCOME_SILENT, "", PG_SHORT},
		{"silence after the startup message", PING, {STARTUP, HOLD}, OUTCOME_SILENT, "", PG_SHORT},
		{"half a request", PING, {STARTUP, speaker_say("R\0\0\0\10\0"), HOLD}, OUTCOME_SILENT, "", PG_SHORT},
		{"half an error",
		 PING,
		 {STARTUP, speaker_say("E\0\0\0\36SFATAL\0"), HOLD},
		 OUTCOME_SILENT,
		 "",
		 PG_SHORT},
		{"one byte, then the end", PING, {STARTUP, speaker_say("R"), CLOSE}, OUTCOME_CLOSED, "", 0},
		{"closed", PING, {CLOSE}, OUTCOME_CLOSED, "", 0},
		{"closed after the startup message", PING, {STARTUP, CLOSE}, OUTCOME_CLOSED, "", 0},
		/* FIN or RST may be first (FACTS 17). Both mean the same. */
		{"reset after the startup message", PING, {STARTUP, RESET}, OUTCOME_CLOSED, "", 0},
		{"closed, with a password", LOGIN, {STARTUP, CLOSE}, OUTCOME_CLOSED, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		pg_peer_check_all(&rows[i]);
}

/*
 * Other protocols: the outcome says so, and the reply is read before the end, so that the peer sees FIN (FACTS 21, 34).
 */
static void test_foreign(void **state)
{
	static const struct pg_row rows[] = {
		{"HTTP",
		 PING,
		 {STARTUP, speaker_say("HTTP/1.1 400 Bad Request\r\n\r\n"), CLOSE},
		 OUTCOME_GARBLED,
		 "not a PostgreSQL server (wrong port?)",
		 0},
		{"SSH, which speaks first", PING, {speaker_say("SSH-2.0-x\r\n"), HOLD}, OUTCOME_GARBLED, NULL, 0},
		{"zeros", PING, {STARTUP, speaker_say("\0\0\0\0\0\0\0\0"), HOLD}, OUTCOME_GARBLED, NULL, 0},
		{"a request of 2 GB",
		 PING,
		 {STARTUP, speaker_say("R\177\377\377\377\0\0\0\3"), HOLD},
		 OUTCOME_GARBLED,
		 NULL,
		 0},
		{"Redis, with a password", LOGIN, {STARTUP, speaker_say("-ERR\r\n"), HOLD}, OUTCOME_GARBLED, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		pg_peer_check_all(&rows[i]);
}

static void test_refused(void **state)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	for (int was_down = 0; was_down < 2; was_down++) {
		unit_loop_open(&unit);
		prober_open(&prober, &unit, PING, port);
		prober.last = was_down ? OUTCOME_REFUSED : OUTCOME_NONE;
		address = loopback_address("127.0.0.1", port);
		prober_run(&prober, &address, PG_LIMIT, "refused");
		check_int("refused", prober.outcome.kind, OUTCOME_REFUSED);
		check_text("refused", prober.outcome.detail, "");
		prober_close(&prober);
		unit_loop_close(&unit);
	}
	close(fd);
}

/* The peer does not accept the connection, neither libpq's nor that of the precheck. */
static void test_no_answer(void **state)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	uint16_t port = 0;
	int filler, fd = loopback_listen_full("127.0.0.1", &port, &filler);

	(void)state;
	for (int was_down = 0; was_down < 2; was_down++) {
		unit_loop_open(&unit);
		prober_open(&prober, &unit, PING, port);
		prober.last = was_down ? OUTCOME_REFUSED : OUTCOME_NONE;
		address = loopback_address("127.0.0.1", port);
		prober_run(&prober, &address, PG_SHORT, "no answer");
		check_int("no answer", prober.outcome.kind, OUTCOME_CONNECT_TIMEOUT);
		prober_close(&prober);
		unit_loop_close(&unit);
	}
	close(filler);
	close(fd);
}

/* A folder without a socket: the server is not up yet. */
static void test_unix_socket(void **state)
{
	/* Only libpq knows the name of the socket in the folder: nothing comes before it. */
	static const enum outcome_kind last[] = {OUTCOME_NONE, OUTCOME_REFUSED, OUTCOME_STARTING};
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	struct unit_dir dir;
	char target[128];

	(void)state;
	unit_dir_open(&dir);
	unit_loop_open(&unit);
	snprintf(target, sizeof(target), "postgres://me@/app?host=%s&port=#", dir.path);
	check("the folder", address_of_host(&address, dir.path, 0));
	for (size_t i = 0; i < COUNT(last); i++) {
		prober_open(&prober, &unit, target, 5432);
		prober.last = last[i];
		prober_run(&prober, &address, PG_LIMIT, "no socket");
		check_int("no socket", prober.outcome.kind, OUTCOME_NO_FILE);
		prober_close(&prober);
	}
	unit_loop_close(&unit);
	unit_dir_close(&dir);
}

static void check_libpq_text(const char *host, const char *address, const char *expected)
{
	const char *const keys[] = {"host", "hostaddr", "port", "user", NULL};
	const char *const values[] = {host, address, "5432", "me", NULL};
	PGconn *conn = PQconnectStartParams(keys, values, 0);

	check_int(host, PQstatus(conn), CONNECTION_BAD);
	check_has(host, PQerrorMessage(conn), expected);
	PQfinish(conn);
}

/*
 * conninfo_rehearse, postgres_own_message and postgres_connect_failed look for these texts of libpq. If this test fails
 * after an upgrade of libpq, they need the new texts.
 */
static void test_libpq_texts(void **state)
{
	struct unit_dir dir;
	char *expected = alloc_format(" failed: %s\n", strerror(ENOENT));

	(void)state;
	unit_dir_open(&dir);
	check_libpq_text("db", "none", "could not parse network address");
	check_libpq_text(dir.path, "", expected);
	unit_dir_close(&dir);
	free(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),      cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_refused),     cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_unix_socket), cmocka_unit_test(test_libpq_texts),
	};

	/* The user who runs this may have a password file or PGSSLMODE. */
	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
