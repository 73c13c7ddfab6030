#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "probe/postgres/pganswer.h"

struct bytes_row {
	const char *name, *bytes;
	size_t count;
	enum pganswer_start start;
};

#define ROW(name, literal, start)                         \
	{                                                 \
		name, literal, sizeof(literal) - 1, start \
	}

/* PostgreSQL manual, "Message Formats": a type, and a length that includes itself. FACTS 34: replies come in pieces. */
static void test_startup(void **state)
{
	static const struct bytes_row rows[] = {
		ROW("cleartext password", "R\0\0\0\10\0\0\0\3", PGANSWER_AUTHENTICATION),
		ROW("its first five bytes", "R\0\0\0\10", PGANSWER_AUTHENTICATION),
		ROW("SASL", "R\0\0\0\27\0\0\0\12SCRAM-SHA-256\0", PGANSWER_AUTHENTICATION),
		ROW("the longest that libpq takes", "R\0\0\7\xd0", PGANSWER_AUTHENTICATION),
		ROW("longer", "R\0\0\7\xd1", PGANSWER_FOREIGN),
		ROW("2 GB", "R\x7f\xff\xff\xff", PGANSWER_FOREIGN),
		ROW("no room for a code", "R\0\0\0\7", PGANSWER_FOREIGN),
		ROW("no length", "R\0\0\0\0", PGANSWER_FOREIGN),
		ROW("a word", "Redis", PGANSWER_FOREIGN),
		ROW("too few bytes to tell", "R\0\0\0", PGANSWER_MESSAGE),
		ROW("one byte", "R", PGANSWER_MESSAGE),
		ROW("an error", "E\0\0\0\36", PGANSWER_MESSAGE),
		ROW("a version", "v\0\0\0\14", PGANSWER_MESSAGE),
		ROW("HTTP", "HTTP/", PGANSWER_FOREIGN),
		ROW("SSH", "SSH-2", PGANSWER_FOREIGN),
		ROW("Redis", "-ERR ", PGANSWER_FOREIGN),
		ROW("MySQL", "\x4a\0\0\0\12", PGANSWER_FOREIGN),
		ROW("zero", "\0\0\0\0\0", PGANSWER_FOREIGN),
		ROW("one zero", "\0", PGANSWER_FOREIGN),
		ROW("high bytes", "\xff\xff\xff\xff\xff", PGANSWER_FOREIGN),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].name, pganswer_to_startup((const unsigned char *)rows[i].bytes, rows[i].count),
			  rows[i].start);
}

/* PostgreSQL manual, "SSL Session Encryption": 'S', 'N' or an error. */
static void test_encryption(void **state)
{
	static const struct bytes_row rows[] = {
		ROW("yes", "S", PGANSWER_MESSAGE),      ROW("no", "N", PGANSWER_MESSAGE),
		ROW("an error", "E", PGANSWER_MESSAGE), ROW("an error and more", "E\0\0\0\36", PGANSWER_MESSAGE),
		ROW("SSH", "SSH-2", PGANSWER_FOREIGN),  ROW("a word", "NO", PGANSWER_FOREIGN),
		ROW("HTTP", "HTTP/", PGANSWER_FOREIGN), ROW("zero", "\0", PGANSWER_FOREIGN),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].name, pganswer_to_encryption((const unsigned char *)rows[i].bytes, rows[i].count),
			  rows[i].start);
}

struct state_row {
	const char *sqlstate;
	enum outcome_kind ping, login, let_in; /* for each phase */
};

/* FACTS 22 and 27. */
static void test_states(void **state)
{
	static const struct state_row rows[] = {
		{"57P01", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"57P02", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"57P03", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"53300", OUTCOME_FULL, OUTCOME_FULL, OUTCOME_FULL},
		{"53200", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"53000", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"55000", OUTCOME_STARTING, OUTCOME_STARTING, OUTCOME_STARTING},
		{"08006", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"08P01", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_STARTING},
		{"58030", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"XX000", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_STARTING},
		{"XX001", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"28000", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_DENIED},
		{"28P01", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_DENIED},
		{"3D000", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_DENIED},
		{"42501", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_DENIED},
		{"42P01", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"57P04", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"99999", OUTCOME_READY, OUTCOME_STARTING, OUTCOME_STARTING},
		{"53300: sorry", OUTCOME_FULL, OUTCOME_FULL, OUTCOME_FULL},
		{"3D000: no such database", OUTCOME_READY, OUTCOME_DENIED, OUTCOME_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_int(rows[i].sqlstate, pganswer_of_state(rows[i].sqlstate, PGANSWER_PING), rows[i].ping);
		check_int(rows[i].sqlstate, pganswer_of_state(rows[i].sqlstate, PGANSWER_LOGIN), rows[i].login);
		check_int(rows[i].sqlstate, pganswer_of_state(rows[i].sqlstate, PGANSWER_LET_IN), rows[i].let_in);
	}
}

/* AuthenticationOk is 'R' with code 0. After SASL it is the second message of a packet. */
static void test_lets_in(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t count;
		bool lets_in;
	} rows[] = {
#define LETS_IN(name, literal, lets_in) {name, literal, sizeof(literal) - 1, lets_in}
		LETS_IN("ok", "R\0\0\0\10\0\0\0\0", true),
		LETS_IN("ok and an error", "R\0\0\0\10\0\0\0\0E\0\0\0\5\0", true),
		LETS_IN("a password is wanted", "R\0\0\0\10\0\0\0\3", false),
		LETS_IN("SASL final, then ok", "R\0\0\0\14\0\0\0\14v=abR\0\0\0\10\0\0\0\0", true),
		LETS_IN("SASL final alone", "R\0\0\0\14\0\0\0\14v=ab", false),
		LETS_IN("half of ok", "R\0\0\0\10\0\0\0", false),
		LETS_IN("an error", "E\0\0\0\36SFATAL\0VFATAL\0CXX000\0Mno\0\0", false),
		LETS_IN("a length of 0", "E\0\0\0\0R\0\0\0\10\0\0\0\0", false),
		LETS_IN("a length of 4 GB", "E\377\377\377\377R\0\0\0\10\0\0\0\0", false),
#undef LETS_IN
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(rows[i].name,
		      pganswer_lets_in((const unsigned char *)rows[i].bytes, rows[i].count) == rows[i].lets_in);
}

struct message_row {
	const char *message, *found; /* NULL: no SQLSTATE */
};

/* FACTS 27: with PQERRORS_VERBOSE the SQLSTATE follows the severity, in every language. */
static void test_find_state(void **state)
{
	static const struct message_row rows[] = {
		{"connection to server at \"db\" (10.0.0.2), port 5432 failed: FATAL:  57P03: starting\n",
		 "57P03: starting\n"},
		{"FATAL:  28P01: no", "28P01: no"},
		{"SCHWERWIEGEND:  3D000: Datenbank »x« existiert nicht", "3D000: Datenbank »x« existiert nicht"},
		{"failed: FATAL:  role \"x\":  53300: full", "53300: full"},
		{"FATAL:  role \"5\" does not exist", NULL},
		{"FATAL:  57P0: x", NULL},
		{"FATAL:  57P033: x", NULL},
		{"FATAL:  57p03: x", NULL},
		{"FATAL:  57P03", NULL},
		{"FATAL: 57P03: x", NULL},
		{"Connection refused\n\tIs the server running?", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_text(rows[i].message, pganswer_find_state(rows[i].message), rows[i].found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_startup), cmocka_unit_test(test_encryption), cmocka_unit_test(test_states),
		cmocka_unit_test(test_lets_in), cmocka_unit_test(test_find_state),
	};

	return unit_main(tests);
}
