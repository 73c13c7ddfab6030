#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "report/lines.h"

static const struct target report_target = {.text = (char *)"db:5432"};

/* A sink, its log, and the progress that it reports. */
struct rig {
	struct unit_log log;
	struct sink *sink;
	struct sinks_view view;
	struct progress list[2];
};

static void rig_open_for(struct rig *rig, enum log_level level, bool down, size_t count)
{
	unit_log_open(&rig->log);
	rig->log.log.level = level;
	rig->sink = lines_new(&rig->log.log);
	progress_init(&rig->list[0], &report_target, clock_now());
	rig->view = (struct sinks_view){
		.list = rig->list, .count = count, .started = clock_now(), .timeout = 60 * CLOCK_S, .down = down};
	rig->sink->begin(rig->sink, &rig->view, NULL);
}

static void rig_open(struct rig *rig, enum log_level level, bool down)
{
	rig_open_for(rig, level, down, 1);
}

static void rig_close(struct rig *rig)
{
	rig->sink->free(rig->sink);
	unit_log_close(&rig->log);
}

static bool rig_record(struct rig *rig, enum outcome_kind kind, const char *detail)
{
	struct outcome outcome = outcome_make(kind, "%s", detail);
	struct place place = {.host = "db", .port = 5432, .address = "10.0.0.2"};

	return progress_record(&rig->list[0], &outcome, &place, clock_now());
}

static void rig_attempt(struct rig *rig, enum outcome_kind kind, const char *detail)
{
	bool changed = rig_record(rig, kind, detail);

	rig->sink->attempted(rig->sink, &rig->list[0], changed);
}

/* "One line when a target's reason changes and one when it is ready, never one per attempt" (issue 3). */
static void test_a_line_for_each_change(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, false);
	for (int i = 0; i < 50; i++)
		rig_attempt(&rig, OUTCOME_REFUSED, "");
	check_int("the same 50 times", (unit_log_text(&rig.log), rig.log.writes), 1);
	for (int i = 0; i < 50; i++)
		rig_attempt(&rig, OUTCOME_STARTING, "57P03: the database system is starting up");
	check_int("another 50 times", (unit_log_text(&rig.log), rig.log.writes), 2);
	rig_record(&rig, OUTCOME_READY, "");
	progress_end(&rig.list[0], PROGRESS_DONE, rig.view.started + 3210 * CLOCK_MS);
	rig.sink->done(rig.sink, &rig.list[0]);
	check_text(
		"all", unit_log_text(&rig.log),
		"waitfor: db:5432: connection refused (10.0.0.2:5432)\n"
		"waitfor: db:5432: answers but is not ready: 57P03: the database system is starting up (10.0.0.2:5432)\n"
		"waitfor: db:5432: ready at 10.0.0.2:5432 after 3.21s, 101 attempts\n");
	rig_close(&rig);
}

/* A database that has started and still lacks a table is not ready for another reason, though of the same kind. */
static void test_another_detail_is_another_reason(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, false);
	for (int i = 0; i < 50; i++)
		rig_attempt(&rig, OUTCOME_STARTING, "57P03: the database system is starting up");
	for (int i = 0; i < 50; i++)
		rig_attempt(&rig, OUTCOME_STARTING, "no such table: orders");
	check_text(
		"all", unit_log_text(&rig.log),
		"waitfor: db:5432: answers but is not ready: 57P03: the database system is starting up (10.0.0.2:5432)\n"
		"waitfor: db:5432: answers but is not ready: no such table: orders (10.0.0.2:5432)\n");
	rig_close(&rig);
}

/* "Docker logs of a 60 s wait stay under 10 lines per target", also when it flaps all the time. */
static void test_a_flapping_peer(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, false);
	for (int i = 0; i < 1000; i++)
		rig_attempt(&rig, i % 2 ? OUTCOME_REFUSED : OUTCOME_CLOSED, "");
	unit_log_text(&rig.log);
	/* These are within one interval of 15 s. Three more intervals, the summary and its head must fit, too. */
	check("lines", rig.log.writes >= 2 && rig.log.writes <= 4);
	rig_close(&rig);
}

/* The same for a peer that counts in what it says. */
static void test_a_peer_that_counts(void **state)
{
	struct rig rig;
	char detail[32];

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, false);
	for (int i = 0; i < 1000; i++) {
		snprintf(detail, sizeof(detail), "%d %% done", i / 10);
		rig_attempt(&rig, OUTCOME_STARTING, detail);
	}
	unit_log_text(&rig.log);
	check_int("lines", rig.log.writes, 4);
	rig_close(&rig);
}

/* Each target has its own limit of lines. */
static void test_two_targets(void **state)
{
	static const struct target other = {.text = (char *)"web:80"};
	struct rig rig;

	(void)state;
	rig_open_for(&rig, LOG_LEVEL_NORMAL, false, 2);
	for (int i = 0; i < 3; i++) {
		rig_attempt(&rig, OUTCOME_REFUSED, "");
		rig.list[1] = rig.list[0];
		rig.list[1].target = &other;
		rig.sink->attempted(rig.sink, &rig.list[1], false);
	}
	check_text("each once", unit_log_text(&rig.log),
		   "waitfor: db:5432: connection refused (10.0.0.2:5432)\n"
		   "waitfor: web:80: connection refused (10.0.0.2:5432)\n");
	rig_close(&rig);
}

static void test_verbose_tells_every_attempt(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_VERBOSE, false);
	for (int i = 0; i < 20; i++)
		rig_attempt(&rig, OUTCOME_REFUSED, "");
	unit_log_text(&rig.log);
	check_int("lines", rig.log.writes, 20);
	check_has("the first", rig.log.text, "waitfor: db:5432: attempt 1 after ");
	check_has("the last", rig.log.text, "waitfor: db:5432: attempt 20 after ");
	rig_close(&rig);
}

static void test_quiet_says_only_what_failed(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_ERROR, false);
	rig_attempt(&rig, OUTCOME_REFUSED, "");
	rig.sink->done(rig.sink, &rig.list[0]);
	check_text("nothing", unit_log_text(&rig.log), "");
	rig.sink->end(rig.sink, VERDICT_TIMED_OUT, 0);
	check_has("the summary", unit_log_text(&rig.log), "db:5432: not ready");
	rig_close(&rig);
}

struct failed_row {
	const char *name;
	int64_t timeout;
	bool down;
	enum verdict verdict;
	const char *head;  /* NULL: none */
	const char *first; /* the line about the target that is not done */
};

/* "A summary with each target's last reason, address, attempts and time." */
static void test_summary(void **state)
{
	static const struct failed_row rows[] = {
		{"timed out", 60 * CLOCK_S, false, VERDICT_TIMED_OUT, "waitfor: timed out after 60s\n",
		 "waitfor: db:5432: not ready: answers but is not ready: 57P03 (10.0.0.2:5432), 2 attempts in "},
		{"gave up", 60 * CLOCK_S, false, VERDICT_GAVE_UP,
		 "waitfor: gave up: waiting cannot fix this error (--fail-fast)\n",
		 "waitfor: db:5432: not ready: answers but is not ready: 57P03 (10.0.0.2:5432), 2 attempts in "},
		{"not down", 90 * CLOCK_S, true, VERDICT_TIMED_OUT, "waitfor: timed out after 90s\n",
		 "waitfor: db:5432: not down: answers but is not ready: 57P03 (10.0.0.2:5432), 2 attempts in "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct progress list[2];
		struct rig rig;

		rig_open(&rig, LOG_LEVEL_ERROR, rows[i].down);
		rig_record(&rig, OUTCOME_REFUSED, "");
		rig_record(&rig, OUTCOME_STARTING, "57P03");
		list[0] = list[1] = rig.list[0];
		progress_end(&list[1], PROGRESS_DONE, clock_now());
		rig.view = (struct sinks_view){
			.list = list, .count = COUNT(list), .timeout = rows[i].timeout, .down = rows[i].down};
		rig.sink->end(rig.sink, rows[i].verdict, 0);
		check_has(rows[i].name, unit_log_text(&rig.log), rows[i].head);
		check_has(rows[i].name, rig.log.text, rows[i].first);
		check_int("the head, and the one that is not done", rig.log.writes, 2);
		rig_close(&rig);
	}
}

struct done_row {
	const char *name;
	bool down;
	enum outcome_kind kind;
	const char *line;
};

static void test_done(void **state)
{
	static const struct done_row rows[] = {
		{"ready", false, OUTCOME_READY, "waitfor: db:5432: ready at 10.0.0.2:5432 after 450ms, 1 attempt\n"},
		{"down", true, OUTCOME_REFUSED,
		 "waitfor: db:5432: down after 450ms, 1 attempt: connection refused (10.0.0.2:5432)\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;

		rig_open(&rig, LOG_LEVEL_NORMAL, rows[i].down);
		rig_record(&rig, rows[i].kind, "");
		progress_end(&rig.list[0], PROGRESS_DONE, rig.view.started + 450 * CLOCK_MS);
		rig.sink->done(rig.sink, &rig.list[0]);
		check_text(rows[i].name, unit_log_text(&rig.log), rows[i].line);
		rig_close(&rig);
	}
}

static void test_down_says_that_it_is_still_up(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, true);
	rig_attempt(&rig, OUTCOME_READY, "");
	check_text("down", unit_log_text(&rig.log), "waitfor: db:5432: still up (10.0.0.2:5432)\n");
	rig_close(&rig);
}

static void test_other_ends(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, LOG_LEVEL_NORMAL, false);
	rig.sink->end(rig.sink, VERDICT_READY, 0);
	rig.sink->end(rig.sink, VERDICT_NOT_READY, 0);
	check_text("no line: the reasons were printed before", unit_log_text(&rig.log), "");
	rig_close(&rig);
}

/* The names of signals 1 to 31 are those of glibc. */
static void test_signals(void **state)
{
	(void)state;
	for (int number = 1; number < 42; number++) {
		const char *name = number < 32 ? sigabbrev_np(number) : NULL;
		char expected[64];
		struct rig rig;

		if (name)
			snprintf(expected, sizeof(expected), "waitfor: stopped by SIG%s\n", name);
		else
			snprintf(expected, sizeof(expected), "waitfor: stopped by signal %d\n", number);
		rig_open(&rig, LOG_LEVEL_NORMAL, false);
		rig.sink->end(rig.sink, VERDICT_SIGNALLED, number);
		check_text("a signal", unit_log_text(&rig.log), expected);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_for_each_change),
		cmocka_unit_test(test_another_detail_is_another_reason),
		cmocka_unit_test(test_a_flapping_peer),
		cmocka_unit_test(test_a_peer_that_counts),
		cmocka_unit_test(test_two_targets),
		cmocka_unit_test(test_verbose_tells_every_attempt),
		cmocka_unit_test(test_quiet_says_only_what_failed),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_down_says_that_it_is_still_up),
		cmocka_unit_test(test_other_ends),
		cmocka_unit_test(test_signals),
	};

	return unit_main(tests);
}
