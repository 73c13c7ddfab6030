#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt/dialog.h"
#include "base/clock.h"
#include "loopback.h"
#include "prober.h"
#include "speaker.h"
#include "target/scheme.h"

#define LIMIT         (5 * CLOCK_S)
#define LONG_PASSWORD "correct horse battery staple"

/* A protocol for this test: it sends HI, answers MORE with AGAIN, and parts from LAST with BYE. */
static void own_say(const struct target *target, struct buf *out)
{
	(void)target;
	buf_add_text(out, "HI\n");
}

static bool own_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		      struct outcome *outcome)
{
	const char *end = memchr(heard->data, '\n', heard->len);
	size_t len = end ? (size_t)(end - heard->data) : 0;

	(void)target;
	if (!end) {
		if (heard->eof) /* it is not asked about a service that says nothing at all */
			*outcome = outcome_make(OUTCOME_GARBLED, "cut off in turn %u", heard->turn);
		return heard->eof;
	}
	if (len == 4 && memcmp(heard->data, "MORE", 4) == 0) {
		buf_add_text(out, "AGAIN\n");
		return false;
	}
	if (len == 4 && memcmp(heard->data, "LAST", 4) == 0)
		buf_add_text(out, "BYE\n");
	*outcome = len == 2 && memcmp(heard->data, "OK", 2) == 0
			   ? outcome_make(OUTCOME_READY, NULL)
			   : outcome_make(OUTCOME_STARTING, "%.*s, turn %u", (int)len, heard->data, heard->turn);
	return true;
}

/* Answers MORE once, though it goes on hearing it. */
static bool remembering_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			      struct outcome *outcome)
{
	(void)target;
	(void)outcome;
	if (heard->len == 5 && memcmp(heard->data, "MORE\n", 5) == 0 && heard->turn == 1)
		buf_add_text(out, "AGAIN\n");
	return false;
}

/* A message for SPEAKER_MESSAGE: a type, and the length without it. */
enum { RANDOM_HEAD = 5 };
static const char random_head[RANDOM_HEAD] = {'R', 0, 0, 0, 4 + 2 * DIALOG_RANDOM};

/* Says its random bytes in the first turn, and reports those of the second. */
static bool random_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			 struct outcome *outcome)
{
	char text[2 * DIALOG_RANDOM + 1];

	(void)target;
	if (!memchr(heard->data, '\n', heard->len))
		return false;
	for (size_t i = 0; i < DIALOG_RANDOM; i++)
		snprintf(text + 2 * i, 3, "%02x", heard->random[i]);
	if (heard->turn == 0) {
		buf_add(out, random_head, RANDOM_HEAD);
		buf_add_text(out, text);
		return false;
	}
	*outcome = outcome_make(OUTCOME_STARTING, "%s", text);
	return true;
}

static struct outcome own_late(const struct target *target, const struct dialog_heard *heard)
{
	(void)target;
	return outcome_make(OUTCOME_UNSUITABLE, "%.*s, turn %u", (int)heard->len, heard->data, heard->turn);
}

static const struct dialog own_dialog = {.say = own_say, .judge = own_judge};
static const struct dialog listening_dialog = {.judge = own_judge};
static const struct dialog remembering_dialog = {.say = own_say, .judge = remembering_judge, .remembers = true};
static const struct dialog late_dialog = {.judge = own_judge, .late = own_late};
static const struct dialog random_dialog = {.judge = random_judge, .draws_random = true};

static const struct protocol own_protocol = {.dialog = &own_dialog,
					     .state_size = sizeof(struct dialog_state),
					     .start = dialog_start,
					     .stop = dialog_stop};
static const struct protocol listening_protocol = {.dialog = &listening_dialog,
						   .state_size = sizeof(struct dialog_state),
						   .start = dialog_start,
						   .stop = dialog_stop};
static const struct protocol remembering_protocol = {.dialog = &remembering_dialog,
						     .state_size = sizeof(struct dialog_state),
						     .start = dialog_start,
						     .stop = dialog_stop};
static const struct protocol late_protocol = {.dialog = &late_dialog,
					      .state_size = sizeof(struct dialog_state),
					      .start = dialog_start,
					      .stop = dialog_stop};
static const struct protocol random_protocol = {.dialog = &random_dialog,
						.state_size = sizeof(struct dialog_state),
						.start = dialog_start,
						.stop = dialog_stop};
static const struct scheme own_scheme = {.name = "own", .protocol = &own_protocol};
static const struct scheme listening_scheme = {.name = "own", .protocol = &listening_protocol};
static const struct scheme remembering_scheme = {.name = "own", .protocol = &remembering_protocol};
static const struct scheme random_scheme = {.name = "own", .protocol = &random_protocol};
static const struct scheme late_scheme = {.name = "own", .protocol = &late_protocol};

struct dialog_row {
	const char *name;
	struct speaker_step script[6];
	enum outcome_kind kind;
	const char *detail, *said; /* said: all that the service received */
	bool listens;              /* the service speaks first */
};

static void check_row(const struct dialog_row *row)
{
	struct unit_loop unit;
	struct prober prober;
	struct speaker service;
	struct address address;

	unit_loop_open(&unit);
	speaker_open(&service, &unit, "127.0.0.1", row->script);
	prober_open(&prober, &unit, "tcp://db:#", service.port);
	prober.target.scheme = row->listens ? &listening_scheme : &own_scheme;
	address = loopback_address("127.0.0.1", service.port);
	prober_run(&prober, &address, LIMIT, row->name);
	check_int(row->name, prober.outcome.kind, row->kind);
	check_text(row->name, prober.outcome.detail, row->detail);
	prober_close(&prober);
	speaker_await_end(&service, row->name);
	service.connections[0].received[service.connections[0].received_len] = '\0';
	check_text(row->name, service.connections[0].received, row->said);
	check("the service saw an end, and no reset", !service.connections[0].reset);
	speaker_close(&service);
	unit_loop_close(&unit);
}

static void test_conversations(void **state)
{
	/* The kernel still holds the end of it when the beginning decides. */
	static const char much[60000] = "OK\n";
	static const struct dialog_row rows[] = {
		{"one word", {speaker_say("OK\n"), {SPEAKER_HOLD, NULL, 0}}, OUTCOME_READY, "", "HI\n", false},
		{"in slices",
		 {speaker_say("O"), speaker_say("K"), speaker_say("\n"), {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_READY,
		 "",
		 "HI\n",
		 false},
		{"not yet",
		 {speaker_say("LATER\n"), {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_STARTING,
		 "LATER, turn 1",
		 "HI\n",
		 false},
		{"more than one reply, of which the rest is drained",
		 {speaker_say("OK\nand much more\n"), {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_READY,
		 "",
		 "HI\n",
		 false},
		{"much more than one reply",
		 {{SPEAKER_SAY, much, sizeof(much)}, {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_READY,
		 "",
		 "HI\n",
		 false},
		{"a goodbye",
		 {speaker_say("LAST\n"), {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_STARTING,
		 "LAST, turn 1",
		 "HI\nBYE\n",
		 false},
		{"the service speaks first",
		 {speaker_say("OK\n"), {SPEAKER_HOLD, NULL, 0}},
		 OUTCOME_READY,
		 "",
		 "",
		 true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

/*
 * Services that close the connection, and services that speak another protocol. Those that close speak first: if we
 * sent something that they do not read, the kernel would turn the close into a reset.
 */
static void test_failures(void **state)
{
	static const struct dialog_row rows[] = {
		{"accepted, then closed", {{SPEAKER_CLOSE, NULL, 0}}, OUTCOME_CLOSED, "", "", true},
		{"a reply, then closed", {speaker_say("OK\n"), {SPEAKER_CLOSE, NULL, 0}}, OUTCOME_READY, "", "", true},
		{"cut off",
		 {speaker_say("O"), {SPEAKER_CLOSE, NULL, 0}},
		 OUTCOME_GARBLED,
		 "cut off in turn 0",
		 "",
		 true},
	};
	static char much[DIALOG_HEARD_MAX + 2000];
	struct dialog_row endless = {"a reply without an end",
				     {{SPEAKER_SAY, much, sizeof(much) - 1}, {SPEAKER_HOLD, NULL, 0}},
				     OUTCOME_GARBLED,
				     "the reply does not end",
				     "",
				     true};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
	memset(much, 'x', sizeof(much) - 1);
	check_row(&endless);
}

/* What the outcome is when the deadline fires: if nobody accepts the connection, and if nobody replies on it. */
static void test_silence_and_nobody(void **state)
{
	uint16_t listening = 0, refusing = 0;
	int listener = loopback_listen("127.0.0.1", &listening), deaf = loopback_bind("127.0.0.1", &refusing);
	struct address address;
	struct unit_loop unit;
	struct prober prober;

	(void)state;
	unit_loop_open(&unit);
	prober_open(&prober, &unit, "tcp://db:#", listening);
	prober.target.scheme = &own_scheme;
	address = loopback_address("127.0.0.1", listening);
	prober_run(&prober, &address, 50 * CLOCK_MS, "silence");
	check_int("silence", prober.outcome.kind, OUTCOME_SILENT);
	address = loopback_address("127.0.0.1", refusing);
	prober_run(&prober, &address, LIMIT, "nobody");
	check_int("nobody", prober.outcome.kind, OUTCOME_REFUSED);
	prober_close(&prober);
	unit_loop_close(&unit);
	close(listener);
	close(deaf);
}

/* Two turns: the service does not answer the second question. What a dialog remembers of the first is no part of a reply. */
static void check_again(const struct scheme *scheme)
{
	static const struct dialog_row row = {
		"twice", {speaker_say("MORE\n"), {SPEAKER_HOLD, NULL, 0}}, OUTCOME_SILENT, "", "HI\nAGAIN\n", false};
	struct unit_loop unit;
	struct prober prober;
	struct speaker service;
	struct address address;

	unit_loop_open(&unit);
	speaker_open(&service, &unit, "127.0.0.1", row.script);
	prober_open(&prober, &unit, "tcp://db:#", service.port);
	prober.target.scheme = scheme;
	address = loopback_address("127.0.0.1", service.port);
	prober_run(&prober, &address, 200 * CLOCK_MS, row.name);
	check_int(row.name, prober.outcome.kind, row.kind);
	check_text(row.name, prober.outcome.detail, row.detail);
	prober_close(&prober);
	speaker_await_end(&service, row.name);
	service.connections[0].received[service.connections[0].received_len] = '\0';
	check_text(row.name, service.connections[0].received, row.said);
	speaker_close(&service);
	unit_loop_close(&unit);
}

static void test_it_speaks_again(void **state)
{
	(void)state;
	check_again(&own_scheme);
	check_again(&remembering_scheme);
}

/* The same bytes in each turn, and others in each attempt. */
static void test_random_bytes(void **state)
{
	static const struct speaker_step script[] = {
		speaker_say("MORE\n"), {SPEAKER_MESSAGE, NULL, 0}, speaker_say("MORE\n"), {SPEAKER_HOLD, NULL, 0}};
	char before[2 * DIALOG_RANDOM + 1] = "";
	struct unit_loop unit;
	struct prober prober;
	struct speaker service;
	struct address address;

	(void)state;
	unit_loop_open(&unit);
	speaker_open(&service, &unit, "127.0.0.1", script);
	prober_open(&prober, &unit, "tcp://db:#", service.port);
	prober.target.scheme = &random_scheme;
	address = loopback_address("127.0.0.1", service.port);
	for (size_t attempt = 0; attempt < 2; attempt++) {
		struct speaker_connection *connection = &service.connections[attempt];

		prober_run(&prober, &address, LIMIT, "random bytes");
		speaker_await_end(&service, "random bytes");
		connection->received[connection->received_len] = '\0';
		check_text("the same in each turn", prober.outcome.detail, connection->received + RANDOM_HEAD);
		check("others in each attempt", strcmp(before, connection->received + RANDOM_HEAD) != 0);
		memcpy(before, connection->received + RANDOM_HEAD, sizeof(before));
	}
	prober_close(&prober);
	speaker_close(&service);
	unit_loop_close(&unit);
}

/* Half a reply, and the deadline: in the words of the framework, and in the protocol's own. */
static void test_half_a_reply(void **state)
{
	static const struct speaker_step script[] = {speaker_say("HAL"), speaker_say("F"), {SPEAKER_HOLD, NULL, 0}};
	static const struct {
		const struct scheme *scheme;
		enum outcome_kind kind;
		const char *detail;
	} rows[] = {
		{&listening_scheme, OUTCOME_STARTING, "the reply is not complete"},
		{&late_scheme, OUTCOME_UNSUITABLE, "HALF, turn 0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_loop unit;
		struct prober prober;
		struct speaker service;
		struct address address;

		unit_loop_open(&unit);
		speaker_open(&service, &unit, "127.0.0.1", script);
		prober_open(&prober, &unit, "tcp://db:#", service.port);
		prober.target.scheme = rows[i].scheme;
		address = loopback_address("127.0.0.1", service.port);
		prober_run(&prober, &address, 300 * CLOCK_MS, rows[i].detail);
		check_int(rows[i].detail, prober.outcome.kind, rows[i].kind);
		check_text(rows[i].detail, prober.outcome.detail, rows[i].detail);
		prober_close(&prober);
		speaker_await_end(&service, rows[i].detail);
		speaker_close(&service);
		unit_loop_close(&unit);
	}
}

/* What of a service's words may be shown. */
static void test_quote(void **state)
{
	static const struct {
		const char *name, *password, *said, *detail;
	} rows[] = {
		{"no password", NULL, "WRONGPASS no\r\n", "WRONGPASS no"},
		{"an empty password", "", "WRONGPASS no\r\n", "WRONGPASS no"},
		{"not in the line", "secret", "WRONGPASS no\r\n", "WRONGPASS no"},
		{"in the line", "secret", "unknown command 'AUTH secret'\r\n", "unknown command 'AUTH "},
		{"the line itself", "secret", "secret\r\n", ""},
		{"behind the line", "secret", "no\r\nsecret", "no"},
		{"without a line end", "secret", "no: secret", "no: "},
		{"a bare line end", "secret", "no\nmore", "no"},
		{"only its begin", LONG_PASSWORD, "AUTH 'correct h'\r\n", "AUTH '"},
		{"less than tells it", LONG_PASSWORD, "not correct\r\n", "not correct"},
		{"said with blanks for line ends", "two\r\nlines", "AUTH two  lines\r\n", "AUTH "},
		{"begins with a line end", "\nsecret", "AUTH  secret\r\n", "AUTH  "},
		{"nothing but line ends", "\r\n", "AUTH\r\n", "AUTH"},
		{"nothing said", "secret", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target target = {.password = (char *)rows[i].password};
		struct outcome outcome = dialog_quote(&target, OUTCOME_DENIED, rows[i].said, strlen(rows[i].said));

		check_int(rows[i].name, outcome.kind, OUTCOME_DENIED);
		check_text(rows[i].name, outcome.detail, rows[i].detail);
	}
}

static void test_begins(void **state)
{
	static const struct {
		const char *heard;
		enum dialog_match match;
	} rows[] = {{"", DIALOG_MAYBE},        {"V", DIALOG_MAYBE}, {"VERSION", DIALOG_MAYBE}, {"VERSION ", DIALOG_YES},
		    {"VERSION 1", DIALOG_YES}, {"W", DIALOG_NO},    {"VERSIONS", DIALOG_NO},   {"version ", DIALOG_NO}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dialog_heard heard = {.data = rows[i].heard, .len = strlen(rows[i].heard)};

		check_int(rows[i].heard, dialog_begins(&heard, "VERSION "), rows[i].match);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversations),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_silence_and_nobody),
		cmocka_unit_test(test_it_speaks_again),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_half_a_reply),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_begins),
	};

	return unit_main(tests);
}
