/* screen.c: where a board can be drawn, and what it writes. tests/e2e/test_board.py tests what it looks like. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/screen.h"
#include "unit_loop.h"

/* A pseudo-terminal that is not the controlling terminal of any process. */
struct terminal {
	int ours, theirs;
	char text[65536]; /* all that was written to it */
	size_t len;
};

static void terminal_open(struct terminal *terminal)
{
	const struct winsize size = {.ws_col = 80, .ws_row = 24};

	*terminal = (struct terminal){.ours = -1};
	if (openpty(&terminal->ours, &terminal->theirs, NULL, NULL, &size))
		fail_msg("openpty: %s", strerror(errno));
	fcntl(terminal->ours, F_SETFL, O_NONBLOCK);
}

static const char *terminal_text(struct terminal *terminal)
{
	ssize_t got;

	while ((got = read(terminal->ours, terminal->text + terminal->len,
			   sizeof(terminal->text) - 1 - terminal->len)) > 0)
		terminal->len += (size_t)got;
	return terminal->text;
}

static void terminal_close(struct terminal *terminal)
{
	close(terminal->ours);
	close(terminal->theirs);
}

struct fits_row {
	const char *name, *environment; /* one variable */
	bool terminal, fits;
};

static void test_where_a_board_fits(void **state)
{
	static const struct fits_row rows[] = {
		{"a terminal", "TERM=xterm", true, true},
		{"no TERM", "term=xterm", true, false},
		{"an empty TERM", "TERM=", true, false},
		{"a terminal that can do nothing", "TERM=dumb", true, false},
		{"no terminal", "TERM=xterm", false, false},
	};
	struct terminal terminal;
	struct unit_log log;

	(void)state;
	terminal_open(&terminal);
	unit_log_open(&log);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *list[] = {(char *)rows[i].environment, NULL};
		struct env env;

		env_copy(&env, list);
		check_int(rows[i].name, screen_fits(&env, rows[i].terminal ? terminal.theirs : log.log.fd),
			  rows[i].fits);
		env_release(&env);
	}
	unit_log_close(&log);
	terminal_close(&terminal);
}

struct colour_row {
	const char *environment;
	bool colour;
};

static void test_no_color(void **state)
{
	static const struct colour_row rows[] = {
		{"TERM=xterm", true}, {"NO_COLOR=", true}, {"NO_COLOR=1", false}, {"NO_COLOR=0", false}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *list[] = {(char *)rows[i].environment, NULL};
		struct env env;

		env_copy(&env, list);
		check_int(rows[i].environment, screen_colour(&env), rows[i].colour);
		env_release(&env);
	}
}

/* A board of one target at a terminal, and the log beside it. */
struct rig {
	struct unit_loop loop;
	struct unit_log log;
	struct terminal terminal;
	struct target target;
	struct progress progress;
	struct sinks_view view;
	struct sink *sink;
	struct loop_timer stop;
};

static void rig_stop(void *arg)
{
	loop_stop(((struct rig *)arg)->loop.loop);
}

static void rig_open(struct rig *rig, bool at_terminal)
{
	unit_loop_open(&rig->loop);
	unit_log_open(&rig->log);
	terminal_open(&rig->terminal);
	rig->target = (struct target){.text = (char *)"db:5432"};
	progress_init(&rig->progress, &rig->target, clock_now());
	rig->view = (struct sinks_view){.list = &rig->progress, .count = 1, .started = clock_now()};
	rig->sink = screen_new(&rig->log.log, at_terminal ? rig->terminal.theirs : rig->log.log.fd, false);
	loop_timer_init(rig->loop.loop, &rig->stop, rig_stop, rig);
	rig->sink->begin(rig->sink, &rig->view, rig->loop.loop);
}

static void rig_run(struct rig *rig, int64_t duration)
{
	loop_timer_set(&rig->stop, duration);
	unit_loop_run(&rig->loop, "a board");
}

static void rig_close(struct rig *rig)
{
	rig->sink->free(rig->sink);
	loop_timer_clear(&rig->stop);
	terminal_close(&rig->terminal);
	unit_log_close(&rig->log);
	unit_loop_close(&rig->loop);
}

static void rig_attempt(struct rig *rig, enum outcome_kind kind)
{
	struct outcome outcome = outcome_make(kind, NULL);
	struct place place = {0};

	progress_record(&rig->progress, &outcome, &place, clock_now());
	if (kind == OUTCOME_READY) {
		progress_end(&rig->progress, PROGRESS_DONE, rig->view.started);
		rig->sink->done(rig->sink, &rig->progress);
	} else {
		rig->progress.state = PROGRESS_PAUSED;
		rig->sink->attempted(rig->sink, &rig->progress, true);
	}
}

static void test_a_board(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	check_text("not before anybody could read it", terminal_text(&rig.terminal), "");
	rig_attempt(&rig, OUTCOME_REFUSED);
	rig_run(&rig, 250 * CLOCK_MS);
	check_has("the first line, and what was behind it", terminal_text(&rig.terminal),
		  "\rwaitfor: 0 of 1 ready, 0.1s, no limit\033[K\r");
	check_has("the last line, and back", rig.terminal.text, "0.1s\033[J\r\033[1A");
	rig_attempt(&rig, OUTCOME_READY);
	rig.sink->end(rig.sink, VERDICT_READY, 0);
	check_has("at the end below it", terminal_text(&rig.terminal), "0.0s\033[J\r\r\n");
	check_text("nothing in lines", unit_log_text(&rig.log), "");
	rig_close(&rig);
}

static void test_a_board_gives_way_to_the_summary(void **state)
{
	struct rig rig;
	const char *text;

	(void)state;
	rig_open(&rig, true);
	rig_attempt(&rig, OUTCOME_REFUSED);
	rig_run(&rig, 150 * CLOCK_MS);
	rig.sink->end(rig.sink, VERDICT_GAVE_UP, 0);
	text = terminal_text(&rig.terminal);
	check_text("erased", text + strlen(text) - 4, "\r\033[J");
	check_has("the summary", unit_log_text(&rig.log),
		  "waitfor: gave up: waiting cannot fix this error (--fail-fast)\n"
		  "waitfor: db:5432: not ready: connection refused");
	rig_close(&rig);
}

/* A board without a terminal prints lines instead. */
static void test_without_a_terminal_there_are_lines(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	rig_attempt(&rig, OUTCOME_REFUSED);
	rig_run(&rig, 150 * CLOCK_MS);
	rig_attempt(&rig, OUTCOME_READY);
	rig.sink->end(rig.sink, VERDICT_SIGNALLED, SIGTERM);
	check_text("lines", unit_log_text(&rig.log),
		   "waitfor: db:5432: connection refused\n"
		   "waitfor: db:5432: ready after 0s, 2 attempts\n"
		   "waitfor: stopped by SIGTERM\n");
	rig_close(&rig);
}

/* ^S during the wait: the loop does not block, and the terminal gets complete frames. */
static void test_a_terminal_that_takes_nothing(void **state)
{
	struct rig rig;
	int64_t began;

	(void)state;
	rig_open(&rig, true);
	check_int("stopped", tcflow(rig.terminal.theirs, TCOOFF), 0);
	began = clock_now();
	rig_run(&rig, 350 * CLOCK_MS);
	check("nobody waited", clock_now() - began < 5 * CLOCK_S);
	check_text("nothing", terminal_text(&rig.terminal), "");
	tcflow(rig.terminal.theirs, TCOON);
	rig_run(&rig, 250 * CLOCK_MS);
	check("a frame from its beginning", strncmp(terminal_text(&rig.terminal), "\rwaitfor: 0 of 1", 16) == 0);
	check_has("to its end", rig.terminal.text, "s\033[J\r\033[1A\rwaitfor: 0 of 1");
	rig.sink->end(rig.sink, VERDICT_READY, 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_a_board_fits),
		cmocka_unit_test(test_no_color),
		cmocka_unit_test(test_a_board),
		cmocka_unit_test(test_a_board_gives_way_to_the_summary),
		cmocka_unit_test(test_without_a_terminal_there_are_lines),
		cmocka_unit_test(test_a_terminal_that_takes_nothing),
	};

	return unit_main(tests);
}
