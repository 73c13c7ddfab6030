#include "unit.h"

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
	enum outcome_kind ping, login;
};

/* FACTS 22 and 27. */
static void test_states(void **state)
{
	static const struct state_row rows[] = {
		{"57P01", OUTCOME_STARTING, OUTCOME_STARTING},
		{"57P02", OUTCOME_STARTING, OUTCOME_STARTING},
		{"57P03", OUTCOME_STARTING, OUTCOME_STARTING},
		{"53300", OUTCOME_FULL, OUTCOME_FULL},
		{"53200", OUTCOME_STARTING, OUTCOME_STARTING},
		{"53000", OUTCOME_STARTING, OUTCOME_STARTING},
		{"08006", OUTCOME_STARTING, OUTCOME_STARTING},
		{"55000", OUTCOME_STARTING, OUTCOME_STARTING},
		{"58030", OUTCOME_STARTING, OUTCOME_STARTING},
		{"XX000", OUTCOME_STARTING, OUTCOME_STARTING},
		{"28000", OUTCOME_READY, OUTCOME_DENIED},
		{"28P01", OUTCOME_READY, OUTCOME_DENIED},
		{"3D000", OUTCOME_READY, OUTCOME_DENIED},
		{"42501", OUTCOME_READY, OUTCOME_DENIED},
		{"42P01", OUTCOME_STARTING, OUTCOME_STARTING},
		{"3D001", OUTCOME_STARTING, OUTCOME_STARTING},
		{"99999", OUTCOME_STARTING, OUTCOME_STARTING},
		{"53300: sorry", OUTCOME_FULL, OUTCOME_FULL},
		{"3D000: no such database", OUTCOME_READY, OUTCOME_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_int(rows[i].sqlstate, pganswer_of_state(rows[i].sqlstate, false), rows[i].ping);
		check_int(rows[i].sqlstate, pganswer_of_state(rows[i].sqlstate, true), rows[i].login);
	}
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
		cmocka_unit_test(test_startup),
		cmocka_unit_test(test_encryption),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_find_state),
	};

	return unit_main(tests);
}
