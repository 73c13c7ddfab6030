#include "unit.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "machine.h"
#include "report/events.h"
#include "report/facts.h"
#include "target/scheme.h"

struct rig {
	struct unit_log log;
	struct machine machine;
	size_t read; /* of the log's text */
};

static void rig_open(struct rig *rig, size_t count, bool down)
{
	rig->read = 0;
	unit_log_open(&rig->log);
	machine_open(&rig->machine, events_new(&rig->log.log), count, down);
}

static void rig_close(struct rig *rig)
{
	machine_close(&rig->machine);
	unit_log_close(&rig->log);
}

/* Returns the next line that was written, parsed, or NULL if there is none. The caller frees it. */
static cJSON *rig_next(struct rig *rig)
{
	const char *line = unit_log_text(&rig->log) + rig->read, *end = strchr(line, '\n');
	cJSON *event;

	if (!end)
		return NULL;
	event = cJSON_ParseWithLength(line, (size_t)(end - line));
	check("it is JSON", event != NULL);
	rig->read += (size_t)(end - line) + 1;
	return event;
}

/* Returns the names of the events that come next, such as "start=db:1 end ". */
static const char *rig_rest(struct rig *rig)
{
	static char text[1024];
	cJSON *event;

	text[0] = '\0';
	while ((event = rig_next(rig))) {
		const char *target = machine_text(event, "target");
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s%s ", machine_text(event, "event"), target ? "=" : "",
			 target ? target : "");
		cJSON_Delete(event);
	}
	return text;
}

static void test_start(void **state)
{
	struct rig rig;
	cJSON *event;

	(void)state;
	rig_open(&rig, 2, false);
	check_int("the log counts too", rig.log.log.began, rig.machine.view.started);
	event = rig_next(&rig);
	check_int("version", machine_number(event, "version"), 2);
	check_text("event", machine_text(event, "event"), "start");
	check("time", machine_text(event, "time") != NULL);
	check_int("elapsed", machine_number(event, "elapsed_ms"), 0);
	check_text("target", machine_text(event, "target"), "tcp://db:5432");
	check_text("name", machine_text(event, "name"), "DB");
	check_text("kind", machine_text(event, "kind"), "tcp");
	check("address", machine_is_null(event, "address"));
	check_int("attempts", machine_number(event, "attempts"), 0);
	check_text("reason", machine_text(event, "reason"), "none");
	check_text("text", machine_text(event, "text"), "not tried yet");
	check_int("nothing else", cJSON_GetArraySize(event), 11);
	cJSON_Delete(event);
	event = rig_next(&rig);
	check_text("the other", machine_text(event, "target"), "tcp://web:80");
	check("has no name", machine_is_null(event, "name"));
	cJSON_Delete(event);
	check("no more", rig_next(&rig) == NULL);
	rig_close(&rig);
}

static void test_a_change_is_an_event(void **state)
{
	struct rig rig;
	cJSON *event;

	(void)state;
	rig_open(&rig, 1, false);
	rig_rest(&rig);
	for (int i = 0; i < 20; i++)
		machine_attempt(&rig.machine, 0, OUTCOME_NO_NAME, "", "");
	event = rig_next(&rig);
	check_text("event", machine_text(event, "event"), "state");
	check("without address", machine_is_null(event, "address"));
	check_int("the first", machine_number(event, "attempts"), 1);
	cJSON_Delete(event);
	check("once", rig_next(&rig) == NULL);
	machine_attempt(&rig.machine, 0, OUTCOME_STARTING, "57P03", "fd00::2");
	event = rig_next(&rig);
	check_int("attempts", machine_number(event, "attempts"), 21);
	check_text("address", machine_text(event, "address"), "[fd00::2]:5432");
	check_text("reason", machine_text(event, "reason"), "starting");
	check_text("text", machine_text(event, "text"), "answers but is not ready: 57P03 ([fd00::2]:5432)");
	cJSON_Delete(event);
	rig_close(&rig);
}

static void test_verbose_tells_every_attempt(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, 1, false);
	rig.log.log.level = LOG_LEVEL_VERBOSE;
	rig_rest(&rig);
	for (int i = 0; i < 3; i++)
		machine_attempt(&rig.machine, 0, OUTCOME_REFUSED, "", "10.0.0.2");
	machine_attempt(&rig.machine, 0, OUTCOME_CLOSED, "", "10.0.0.2");
	check_text("events", rig_rest(&rig),
		   "state=tcp://db:5432 attempt=tcp://db:5432 attempt=tcp://db:5432 state=tcp://db:5432 ");
	rig_close(&rig);
}

/* -q suppresses lines for people, not events. */
static void test_quiet_drops_no_event(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, 1, false);
	rig.log.log.level = LOG_LEVEL_ERROR;
	machine_attempt(&rig.machine, 0, OUTCOME_REFUSED, "", "10.0.0.2");
	machine_done(&rig.machine, 0, OUTCOME_READY, CLOCK_S);
	machine_end(&rig.machine, VERDICT_READY, 0);
	check_text("events", rig_rest(&rig), "start=tcp://db:5432 state=tcp://db:5432 ready=tcp://db:5432 end ");
	rig_close(&rig);
}

struct done_row {
	const char *name;
	bool down;
	enum outcome_kind kind;
	const char *event, *reason, *text;
};

static void test_done(void **state)
{
	static const struct done_row rows[] = {
		{"ready", false, OUTCOME_READY, "ready", "ready", "ready (10.0.0.2:5432)"},
		{"down", true, OUTCOME_REFUSED, "down", "refused", "connection refused (10.0.0.2:5432)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;
		cJSON *event;

		rig_open(&rig, 1, rows[i].down);
		rig_rest(&rig);
		machine_done(&rig.machine, 0, rows[i].kind, 3210 * CLOCK_MS);
		event = rig_next(&rig);
		check_text(rows[i].name, machine_text(event, "event"), rows[i].event);
		check_text(rows[i].name, machine_text(event, "reason"), rows[i].reason);
		check_text(rows[i].name, machine_text(event, "text"), rows[i].text);
		check_int(rows[i].name, machine_number(event, "elapsed_ms"), 3210);
		cJSON_Delete(event);
		rig_close(&rig);
	}
}

static void test_down_says_that_it_still_answers(void **state)
{
	struct rig rig;
	cJSON *event;

	(void)state;
	rig_open(&rig, 1, true);
	event = rig_next(&rig);
	check_text("before the first attempt", machine_text(event, "text"), "not tried yet");
	cJSON_Delete(event);
	machine_attempt(&rig.machine, 0, OUTCOME_READY, "28P01: what is no reason", "10.0.0.2");
	event = rig_next(&rig);
	check_text("state", machine_text(event, "text"), "still up (10.0.0.2:5432)");
	cJSON_Delete(event);
	rig_close(&rig);
}

struct end_row {
	enum verdict verdict;
	int signal;
	const char *name;   /* of the verdict */
	const char *events; /* the second and the third target are not done */
};

static void test_end(void **state)
{
	static const struct end_row rows[] = {
		{VERDICT_READY, 0, "ready", ""},
		{VERDICT_TIMED_OUT, 0, "timed_out", "timeout=tcp://web:80 timeout=tcp://mq:5672 "},
		{VERDICT_NOT_READY, 0, "not_ready", "notready=tcp://web:80 notready=tcp://mq:5672 "},
		{VERDICT_GAVE_UP, 0, "gave_up", "giveup=tcp://web:80 giveup=tcp://mq:5672 "},
		{VERDICT_SIGNALLED, SIGTERM, "signalled", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char expected[256];
		struct rig rig;
		cJSON *end;

		rig_open(&rig, 3, false);
		machine_done(&rig.machine, 0, OUTCOME_READY, CLOCK_S);
		rig_rest(&rig);
		machine_end(&rig.machine, rows[i].verdict, rows[i].signal);
		snprintf(expected, sizeof(expected), "%send ", rows[i].events);
		check_text(rows[i].name, rig_rest(&rig), expected);
		end = cJSON_Parse(strstr(rig.log.text, "{\"version\":2,\"event\":\"end\""));
		check_text(rows[i].name, machine_text(end, "verdict"), rows[i].name);
		check(rows[i].name, rows[i].signal ? machine_number(end, "signal") == rows[i].signal
						   : machine_is_null(end, "signal"));
		check_int("nothing else", cJSON_GetArraySize(end), 6);
		cJSON_Delete(end);
		rig_close(&rig);
	}
}

/*
 * A target that was not needed, because another one of its group was ready, is "skipped". A target whose time was up
 * before the wait gave up has a "timeout".
 */
static void test_end_of_a_skipped_and_of_an_expired_target(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, 3, false);
	rig.machine.list[0].state = PROGRESS_SKIPPED;
	rig.machine.list[1].state = PROGRESS_EXPIRED;
	rig_rest(&rig);
	machine_end(&rig.machine, VERDICT_GAVE_UP, 0);
	check_text("events", rig_rest(&rig), "skipped=tcp://db:5432 timeout=tcp://web:80 giveup=tcp://mq:5672 end ");
	rig_close(&rig);
}

static void test_exec(void **state)
{
	struct rig rig;
	cJSON *event;

	(void)state;
	rig_open(&rig, 1, false);
	machine_end(&rig.machine, VERDICT_READY, 0);
	rig_rest(&rig);
	rig.machine.sink->exec(rig.machine.sink, "/bin/a \"b\"\n");
	event = rig_next(&rig);
	check_text("event", machine_text(event, "event"), "exec");
	check_text("command", machine_text(event, "command"), "/bin/a \"b\"?");
	check_int("nothing else", cJSON_GetArraySize(event), 5);
	cJSON_Delete(event);
	rig_close(&rig);
}

/* "Invalid UTF-8 or control bytes from a peer never break a line", and no line is longer than PIPE_BUF. */
static void test_hostile_texts(void **state)
{
	static const char fillers[] = {'"', '\\', '\n', '\x1b', '\xff', '\x80', 'x'};

	(void)state;
	for (size_t i = 0; i < COUNT(fillers); i++) {
		char target[5001], named[5001], path[5001], detail[400], address[PLACE_ADDRESS_MAX], row[8];
		struct rig rig;

		snprintf(row, sizeof(row), "%02x", (unsigned char)fillers[i]);
		memset(target, fillers[i], sizeof(target) - 1);
		memset(path, fillers[i], sizeof(path) - 1);
		memset(detail, fillers[i], sizeof(detail) - 1);
		memset(address, fillers[i], sizeof(address) - 1);
		memset(named, 'N', sizeof(named) - 1); /* a variable's name has no other characters */
		target[sizeof(target) - 1] = named[sizeof(named) - 1] = path[sizeof(path) - 1] = '\0';
		detail[sizeof(detail) - 1] = address[sizeof(address) - 1] = '\0';
		address[0] = '/'; /* a socket's path */
		rig_open(&rig, 1, false);
		rig_rest(&rig);
		rig.machine.targets[0].text = target;
		rig.machine.targets[0].name = named;
		machine_attempt(&rig.machine, 0, OUTCOME_DENIED, detail, address);
		rig.machine.sink->exec(rig.machine.sink, path);
		unit_log_text(&rig.log);
		check_int(row, rig.log.writes, 3);
		for (const char *line = rig.log.text, *end; (end = strchr(line, '\n')); line = end + 1)
			check(row, end - line < PIPE_BUF);
		check_has(row, rig_rest(&rig), "state=");
		rig_close(&rig);
	}
}

static void check_listed(const cJSON *values, const char *text)
{
	const cJSON *value;

	cJSON_ArrayForEach(value, values) if (strcmp(cJSON_GetStringValue(value), text) == 0) return;
	fail_msg("the schema lacks \"%s\"", text);
}

/* The values in the schema are exactly those that this program writes. */
static void test_the_schema_has_every_value(void **state)
{
	cJSON *schema = machine_schema();
	const cJSON *reasons = machine_schema_values(schema, "reason"), *kinds = machine_schema_values(schema, "kind");
	const cJSON *verdicts = machine_schema_values(schema, "verdict");
	int count = 0;

	(void)state;
	for (int kind = 0; kind < OUTCOME_KINDS; kind++)
		check_listed(reasons, outcome_info((enum outcome_kind)kind)->name);
	check_int("reasons", cJSON_GetArraySize(reasons), OUTCOME_KINDS);
	while (scheme_at((size_t)count))
		check_listed(kinds, scheme_at((size_t)count++)->name);
	check_int("kinds", cJSON_GetArraySize(kinds), count);
	for (int verdict = 0; verdict <= VERDICT_SIGNALLED; verdict++)
		check_listed(verdicts, facts_verdict((enum verdict)verdict));
	check_int("verdicts", cJSON_GetArraySize(verdicts), VERDICT_SIGNALLED + 1);
	cJSON_Delete(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_a_change_is_an_event),
		cmocka_unit_test(test_verbose_tells_every_attempt),
		cmocka_unit_test(test_quiet_drops_no_event),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_down_says_that_it_still_answers),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_end_of_a_skipped_and_of_an_expired_target),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_the_schema_has_every_value),
	};

	return unit_main(tests);
}
