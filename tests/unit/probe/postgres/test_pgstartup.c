#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "loopback.h"
#include "pg_peer.h"
#include "probe/postgres/pgstartup.h"

#define TEXT(literal) literal, sizeof(literal) - 1

/* PostgreSQL manual, "Message Formats": length with itself, version 3.0, pairs of words, and a NUL. */
static void test_message(void **state)
{
	static const struct {
		const char *user, *database, *bytes;
		size_t len;
	} rows[] = {
		{"me", "app", TEXT("\0\0\0\36\0\3\0\0user\0me\0database\0app\0\0")},
		{"me", NULL, TEXT("\0\0\0\35\0\3\0\0user\0me\0database\0me\0\0")},
		{"me", "", TEXT("\0\0\0\35\0\3\0\0user\0me\0database\0me\0\0")},
	};
	char out[64], small[20];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = pgstartup_message(rows[i].user, rows[i].database, out, sizeof(out));

		check_int("length", (long long)len, (long long)rows[i].len);
		check("bytes", len == rows[i].len && memcmp(out, rows[i].bytes, len) == 0);
	}
	check_int("no space", (long long)pgstartup_message("me", "app", small, sizeof(small)), 0);
}

#define FATAL(length, fields) TEXT("E\0\0\0" length fields "\0")

struct judge_row {
	const char *name, *reply;
	size_t len;
	enum outcome_kind kind;
	const char *detail;
};

static const struct judge_row judge_rows[] = {
	{"starting", FATAL("\31", "C57P03\0Mstarting up\0"), OUTCOME_STARTING, "57P03: starting up"},
	{"the state last", FATAL("\31", "Mstarting up\0C57P03\0"), OUTCOME_STARTING, "57P03: starting up"},
	{"no words", FATAL("\14", "C57P01\0"), OUTCOME_STARTING, "57P01: "},
	{"one line of them", FATAL("\21", "C57P03\0Ma\nb\0"), OUTCOME_STARTING, "57P03: a"},
	{"it is up: no such role", FATAL("\14", "C28000\0"), OUTCOME_READY, ""},
	{"it is up: no such database", FATAL("\14", "C3D000\0"), OUTCOME_READY, ""},
	{"too many clients is another outcome", FATAL("\14", "C53300\0"), OUTCOME_READY, ""},
	{"no state", FATAL("\11", "Mno\0"), OUTCOME_READY, ""},
	{"a short state", FATAL("\13", "C57P0\0"), OUTCOME_READY, ""},
	{"no end", TEXT("E\0\0\0\12C57P03"), OUTCOME_READY, ""},
	{"an empty error", TEXT("E\0\0\0\4"), OUTCOME_READY, ""},
	{"an impossible length", TEXT("E\0\0\0\0zzzz"), OUTCOME_READY, ""},
	{"a length beyond the buffer", TEXT("E\0\0\4\0zzzz"), OUTCOME_READY, ""},
	{"a negative length", TEXT("E\377\377\377\377"), OUTCOME_READY, ""},
	{"an authentication request", TEXT("R\0\0\0\10\0\0\0\3"), OUTCOME_READY, ""},
	{"another protocol", TEXT("HTTP/1.1 400"), OUTCOME_READY, ""},
	{"an error of version 2", TEXT("EFATAL:  unsupported\n"), OUTCOME_READY, ""},
};

/* Every beginning of the reply is judged as incomplete, or as the whole. */
static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(judge_rows); i++) {
		const struct judge_row *row = &judge_rows[i];
		struct outcome whole = pgstartup_judge(row->reply, row->len);

		check_int(row->name, whole.kind, row->kind);
		check_text(row->name, whole.detail, row->detail);
		for (size_t len = 0; len < row->len; len++) {
			struct outcome part = pgstartup_judge(row->reply, len);

			check(row->name, part.kind == OUTCOME_NONE || part.kind == row->kind);
		}
	}
	check_int("nothing yet", pgstartup_judge("", 0).kind, OUTCOME_NONE);
}

/* A server that is still starting gets one connection, and libpq has no part in it. */
static void test_one_connection(void **state)
{
	static const struct speaker_step script[] = {STARTUP, ERROR("57P03"), CLOSE};
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	struct speaker peer;

	(void)state;
	unit_loop_open(&unit);
	speaker_open(&peer, &unit, "127.0.0.1", script);
	prober_open(&prober, &unit, PING, peer.port);
	prober.last = OUTCOME_STARTING;
	address = loopback_address("127.0.0.1", peer.port);
	prober_run(&prober, &address, PG_LIMIT, "starting");
	speaker_await_end(&peer, "starting");
	check_int("connections", (long long)peer.count, 1);
	check("not libpq's",
	      !memmem(peer.connections[0].received, peer.connections[0].received_len, TEXT("application_name")));
	check_text("the same words as libpq's", prober.outcome.detail, "57P03: no");
	prober_close(&prober);
	speaker_close(&peer);
	unit_loop_close(&unit);
}

/* Connected, but without a reply to the packet. */
static void test_silence(void **state)
{
	static const struct pg_row row = {"no reply", PING, {STARTUP, HOLD}, OUTCOME_SILENT, NULL, PG_SHORT};

	(void)state;
	pg_peer_check(&row, OUTCOME_STARTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_one_connection),
		cmocka_unit_test(test_silence),
	};

	return unit_main(tests);
}
