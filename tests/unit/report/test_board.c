/* board.c, columns.c: the text of the board, for windows of every size. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/clock.h"
#include "report/board.h"

enum { TARGETS_MAX = 16 };

#define NOW (1000 * CLOCK_S)

/* A wait that began 4.2 s ago. */
struct wait {
	struct target targets[TARGETS_MAX];
	struct endpoint endpoint;
	struct progress list[TARGETS_MAX];
	struct sinks_view view;
};

static void wait_open(struct wait *wait, int64_t timeout, bool down)
{
	*wait = (struct wait){.endpoint = {.host = (char *)"db", .port = 5432}};
	wait->view = (struct sinks_view){
		.list = wait->list, .started = NOW - 4200 * CLOCK_MS, .timeout = timeout, .down = down};
}

/* Adds a target whose last attempt had this outcome. */
static struct progress *wait_add(struct wait *wait, const char *text, enum outcome_kind kind, const char *detail,
				 const char *address, unsigned attempts)
{
	struct progress *progress = &wait->list[wait->view.count];
	struct target *target = &wait->targets[wait->view.count++];
	struct outcome outcome = outcome_make(kind, "%s", detail);
	struct place place = place_of(&wait->endpoint);

	snprintf(place.address, sizeof(place.address), "%s", address);
	target->text = (char *)text;
	progress_init(progress, target, wait->view.started);
	progress->state = attempts ? PROGRESS_PAUSED : PROGRESS_QUEUED;
	if (attempts)
		progress_record(progress, &outcome, &place, NOW);
	progress->attempts = attempts;
	return progress;
}

/* Four targets: one is ready, one waits, one fails for good, one is in its first attempt. */
static void wait_open_mixed(struct wait *wait)
{
	wait_open(wait, 60 * CLOCK_S, false);
	progress_end(wait_add(wait, "db:5432", OUTCOME_READY, "", "10.0.0.2", 3), PROGRESS_DONE, NOW - 3900 * CLOCK_MS);
	wait_add(wait, "tcp://cache:6379", OUTCOME_REFUSED, "", "10.0.0.3", 12);
	wait_add(wait, "postgres://app:***@postgres.internal.test/shop", OUTCOME_DENIED, "no such role", "10.0.0.4", 1)
		->state = PROGRESS_TRYING;
	wait_add(wait, "web:80", OUTCOME_NONE, "", "", 0)->state = PROGRESS_TRYING;
}

struct draw_row {
	const char *name;
	int columns, rows;
	const char *text;
};

static void test_one_of_each(void **state)
{
	static const struct draw_row rows[] = {
		{"all of it", 140, 5,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                       0.3s\n"
		 "waiting  cache:6379                   connection refused (10.0.0.3:5432)     4.2s\n"
		 "failing  postgres.internal.test/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  web:80                       not tried yet                          4.2s\n"},
		/* All texts fit: 7+2+27+2+36+2+5 cells. */
		{"just wide enough", 82, 5,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                       0.3s\n"
		 "waiting  cache:6379                   connection refused (10.0.0.3:5432)     4.2s\n"
		 "failing  postgres.internal.test/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  web:80                       not tried yet                          4.2s\n"},
		{"target and reason cut to 20 and 26", 65, 5,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432               at 10.0.0.2:5432             0.3s\n"
		 "waiting  cache:6379            connection refused (10....   4.2s\n"
		 "failing  postgre....test/shop  denied: no such role (1...   4.2s\n"
		 "waiting  web:80                not tried yet                4.2s\n"},
		{"80 columns", 80, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                     0.3s\n"
		 "waiting  cache:6379                   connection refused (10.0.0.3:5432)   4.2s\n"
		 "failing  postgres.internal.test/shop  denied: no such role                 4.2s\n"
		 "                                      (10.0.0.4:5432)\n"
		 "waiting  web:80                       not tried yet                        4.2s\n"},
		{"a size that is not known", 0, 0,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                     0.3s\n"
		 "waiting  cache:6379                   connection refused (10.0.0.3:5432)   4.2s\n"
		 "failing  postgres.internal.test/shop  denied: no such role                 4.2s\n"
		 "                                      (10.0.0.4:5432)\n"
		 "waiting  web:80                       not tried yet                        4.2s\n"},
		/* The elapsed time leaves six cells: three for the target, three for the reason. */
		{"64 columns", 64, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                   at 10.0.0.2:5432\n"
		 "waiting  cache:6379                connection refused\n"
		 "                                   (10.0.0.3:5432)\n"
		 "failing  postgres....al.test/shop  denied: no such role\n"
		 "                                   (10.0.0.4:5432)\n"
		 "waiting  web:80                    not tried yet\n"},
		{"60 columns", 60, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                 at 10.0.0.2:5432\n"
		 "waiting  cache:6379              connection refused\n"
		 "                                 (10.0.0.3:5432)\n"
		 "failing  postgres...l.test/shop  denied: no such role\n"
		 "                                 (10.0.0.4:5432)\n"
		 "waiting  web:80                  not tried yet\n"},
		/* Of two reasons that are too long, the first gets the spare row. */
		{"one spare row", 60, 6,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                 at 10.0.0.2:5432\n"
		 "waiting  cache:6379              connection refused\n"
		 "                                 (10.0.0.3:5432)\n"
		 "failing  postgres...l.test/shop  denied: no such role (1...\n"
		 "waiting  web:80                  not tried yet\n"},
		{"52 columns", 52, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432             at 10.0.0.2:5432\n"
		 "waiting  cache:6379          connection refused\n"
		 "                             (10.0.0.3:5432)\n"
		 "failing  postgr...test/shop  denied: no such role\n"
		 "                             (10.0.0.4:5432)\n"
		 "waiting  web:80              not tried yet\n"},
		{"state, target and reason", 44, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432         at 10.0.0.2:5432\n"
		 "waiting  cache:6379      connection refused\n"
		 "                         (10.0.0.3:5432)\n"
		 "failing  post...st/shop  denied: no such\n"
		 "                         role (10.0.0.4:...\n"
		 "waiting  web:80          not tried yet\n"},
		{"a mark in place of the word", 43, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "+  db:5432             at 10.0.0.2:5432\n"
		 "-  cache:6379          connection refused\n"
		 "                       (10.0.0.3:5432)\n"
		 "!  postgr...test/shop  denied: no such\n"
		 "                       role (10.0.0.4:5...\n"
		 "-  web:80              not tried yet\n"},
		{"30 columns", 30, 24,
		 "1 of 4 ready, 4.2s of 60s\n"
		 "+  db:5432       at\n"
		 "                 10.0.0.2:...\n"
		 "-  cache:6379    connection\n"
		 "                 refused (...\n"
		 "!  pos...t/shop  denied: no\n"
		 "                 such role...\n"
		 "-  web:80        not tried\n"
		 "                 yet\n"},
		{"22 columns", 22, 24,
		 "1 of 4 ready, 4.2s...\n"
		 "+  db:5432   at\n"
		 "             10.0....\n"
		 "-  c...6379  connecti\n"
		 "             on re...\n"
		 "!  p...shop  denied:\n"
		 "             no su...\n"
		 "-  web:80    not\n"
		 "             tried...\n"},
		{"mark and target", 20, 24,
		 "1 of 4 ready, 4....\n"
		 "+  db:5432\n"
		 "-  cache:6379\n"
		 "!  postg...est/shop\n"
		 "-  web:80\n"},
		{"five columns", 5, 24,
		 "1...\n"
		 "+  d\n"
		 "-  c\n"
		 "!  p\n"
		 "-  w\n"},
		{"two columns", 2, 24,
		 "1\n"
		 "+\n"
		 "-\n"
		 "!\n"
		 "-\n"},
		{"one column", 1, 24,
		 "\n"
		 "\n"
		 "\n"
		 "\n"
		 "\n"},
		{"one row is missing", 140, 4,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "failing  postgres.internal.test/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  cache:6379                   connection refused (10.0.0.3:5432)     4.2s\n"
		 "... and 2 more: 1 waiting, 1 ready\n"},
		{"three rows", 60, 3,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "failing  postgres...l.test/shop  denied: no such role (1...\n"
		 "... and 3 more: 2 waiting, 1 ready\n"},
		{"three narrow rows", 20, 3,
		 "1 of 4 ready, 4....\n"
		 "!  postg...est/shop\n"
		 "... and 3 more: ...\n"},
		{"two rows", 60, 2,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "failing  postgres...l.test/shop  denied: no such role (1...\n"},
		{"one row", 60, 1, "waitfor: 1 of 4 ready, 4.2s of 60s\n"},
		{"one row of one column", 1, 1, "\n"},
		{"all rows", 20, BOARD_ALL_ROWS,
		 "1 of 4 ready, 4....\n"
		 "+  db:5432\n"
		 "-  cache:6379\n"
		 "!  postg...est/shop\n"
		 "-  web:80\n"},
	};
	struct wait wait;

	(void)state;
	wait_open_mixed(&wait);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = board_draw(&wait.view, rows[i].columns, rows[i].rows, NOW, false);

		check_text(rows[i].name, text, rows[i].text);
		free(text);
	}
}

static void check_board(const char *row, const struct wait *wait, const char *expected)
{
	char *text = board_draw(&wait->view, 120, 24, NOW, false);

	check_text(row, text, expected);
	free(text);
}

static void test_down(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 0, true);
	progress_end(wait_add(&wait, "a:1", OUTCOME_REFUSED, "", "10.0.0.2", 1), PROGRESS_DONE, NOW - 4000 * CLOCK_MS);
	wait_add(&wait, "b:1", OUTCOME_READY, "", "10.0.0.3", 2);
	/* With --down, errors such as "denied" are not "failing": the target may still go away. */
	wait_add(&wait, "c:1", OUTCOME_DENIED, "", "10.0.0.4", 2);
	wait_add(&wait, "d:1", OUTCOME_NO_NAME, "", "", 2);
	wait_add(&wait, "e:1", OUTCOME_NONE, "", "", 0)->state = PROGRESS_TRYING;
	check_board("down", &wait,
		    "waitfor: 1 of 5 down, 4.2s, no limit\n"
		    "down     a:1  connection refused (10.0.0.2:5432)                              0.2s\n"
		    "waiting  b:1  still up (10.0.0.3:5432)                                        4.2s\n"
		    "waiting  c:1  still answers: denied (10.0.0.4:5432)                           4.2s\n"
		    "waiting  d:1  name does not resolve (if that means down, use --down=absent)   4.2s\n"
		    "waiting  e:1  not tried yet                                                   4.2s\n");
}

/* How often a target was tried, and when it is tried next, changes all the time and helps nobody: that is for -v. */
static void test_attempts_are_not_shown(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 3600 * CLOCK_S, false);
	wait.view.started -= 98 * CLOCK_S;
	wait_add(&wait, "a:1", OUTCOME_NONE, "", "", 0);
	wait_add(&wait, "b:1", OUTCOME_NONE, "", "", 0)->state = PROGRESS_TRYING;
	wait_add(&wait, "c:1", OUTCOME_LOCAL, "", "", 12345)->next = NOW + 90 * CLOCK_S;
	wait_add(&wait, "d:1", OUTCOME_LOCAL, "", "", 227)->state = PROGRESS_TRYING;
	check_board("queued, in the first attempt, between two, in another", &wait,
		    "waitfor: 0 of 4 ready, 1m42s of 1h00m00s\n"
		    "waiting  a:1  not tried yet  1m42s\n"
		    "waiting  b:1  not tried yet  1m42s\n"
		    "waiting  c:1  cannot try     1m42s\n"
		    "waiting  d:1  cannot try     1m42s\n");
}

static void test_all_done(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	progress_end(wait_add(&wait, "a:1", OUTCOME_READY, "", "/run/pg", 1), PROGRESS_DONE, NOW - 4150 * CLOCK_MS);
	progress_end(wait_add(&wait, "b:1", OUTCOME_READY, "", "fd00::2", 2), PROGRESS_DONE, NOW);
	check_board("all done", &wait,
		    "waitfor: 2 of 2 ready, 4.2s of 60s\n"
		    "ready    a:1  at /run/pg          0.0s\n"
		    "ready    b:1  at [fd00::2]:5432   4.2s\n");
}

/* "Per-target groups any/all", and a time for each target (issue 5). */
static void test_what_is_over_without_being_done(void **state)
{
	struct wait wait;
	struct progress *expired, *steady;

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	progress_end(wait_add(&wait, "a:1", OUTCOME_READY, "", "10.0.0.2", 1), PROGRESS_DONE, NOW - 4000 * CLOCK_MS);
	wait_add(&wait, "b:1", OUTCOME_REFUSED, "", "10.0.0.3", 2)->state = PROGRESS_SKIPPED;
	wait_add(&wait, "c:1", OUTCOME_NONE, "", "", 0)->state = PROGRESS_SKIPPED;
	expired = wait_add(&wait, "d:1", OUTCOME_REFUSED, "", "10.0.0.5", 3);
	progress_end(expired, PROGRESS_EXPIRED, wait.view.started + 3 * CLOCK_S);
	steady = wait_add(&wait, "e:1", OUTCOME_READY, "", "10.0.0.6", 4);
	steady->streak = 1;
	wait.targets[4].settings.successes = 3;
	check_board("over", &wait,
		    "waitfor: 1 of 5 ready, 4.2s of 60s\n"
		    "ready    a:1  at 10.0.0.2:5432                         0.2s\n"
		    "skipped  b:1  connection refused (10.0.0.3:5432)\n"
		    "skipped  c:1  not tried yet\n"
		    "expired  d:1  connection refused (10.0.0.5:5432)       3.0s\n"
		    "waiting  e:1  ready, 1 of 3 in a row (10.0.0.6:5432)   4.2s\n");
}

struct label_row {
	const char *text;
	bool named;
	const char *address; /* port 5432; "": none */
	const char *refused; /* target and reason */
};

/* "A target is shown without its scheme, user and parameters, and an address only if it says more than the target." */
static void test_target_and_address(void **state)
{
	static const struct label_row rows[] = {
		{"db:5432", false, "10.0.0.2", "db:5432  connection refused (10.0.0.2:5432)"},
		{"DB=db:5432", true, "10.0.0.2", "DB=db:5432  connection refused (10.0.0.2:5432)"},
		{"tcp://db:5432?stay=1s", false, "10.0.0.2", "db:5432  connection refused (10.0.0.2:5432)"},
		{"DB=postgres://app:***@sql/shop?sslmode=require", true, "10.0.0.2",
		 "DB=sql/shop  connection refused (10.0.0.2:5432)"},
		{"jdbc:postgresql://sql/shop?user=a@b", false, "10.0.0.2",
		 "sql/shop  connection refused (10.0.0.2:5432)"},
		{"postgres://me@a,b:1/shop", false, "10.0.0.2", "a,b:1/shop  connection refused (10.0.0.2:5432)"},
		/* What would be left says too little. */
		{"postgres:///shop?host=sql", false, "10.0.0.2",
		 "postgres:///shop?host=sql  connection refused (10.0.0.2:5432)"},
		{"postgres://app@?host=sql", false, "10.0.0.2",
		 "postgres://app@?host=sql  connection refused (10.0.0.2:5432)"},
		/* The address repeats the target. */
		{"10.0.0.2:5432", false, "10.0.0.2", "10.0.0.2:5432  connection refused"},
		{"tcp://[fd00::2]:5432?stay=1s", false, "fd00::2", "[fd00::2]:5432  connection refused"},
		{"DB=postgres://me@10.0.0.2:5432/shop", true, "10.0.0.2", "DB=10.0.0.2:5432/shop  connection refused"},
		{"S=unix:///run/s", true, "/run/s", "S=unix:///run/s  connection refused"},
		/* It does not. */
		{"10.0.0.2:54321", false, "10.0.0.2", "10.0.0.2:54321  connection refused (10.0.0.2:5432)"},
		{"10.0.0.2", false, "10.0.0.2", "10.0.0.2  connection refused (10.0.0.2:5432)"},
		{"postgres://10.0.0.2:5432,b:1", false, "10.0.0.2",
		 "10.0.0.2:5432,b:1  connection refused (10.0.0.2:5432)"},
		{"unix:///run/s", false, "/run/s.sock", "unix:///run/s  connection refused (/run/s.sock)"},
		{"db:5432", false, "", "db:5432  connection refused"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char expected[200];
		struct wait wait;

		wait_open(&wait, 0, false);
		wait_add(&wait, rows[i].text, OUTCOME_REFUSED, "", rows[i].address, 1);
		wait.targets[0].named = rows[i].named;
		snprintf(expected, sizeof(expected), "waitfor: 0 of 1 ready, 4.2s, no limit\nwaiting  %s   4.2s\n",
			 rows[i].refused);
		check_board(rows[i].text, &wait, expected);
	}
}

static void test_ready_where_the_target_says(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	progress_end(wait_add(&wait, "10.0.0.2:5432", OUTCOME_READY, "", "10.0.0.2", 1), PROGRESS_DONE, NOW);
	progress_end(wait_add(&wait, "db:5432", OUTCOME_READY, "", "10.0.0.3", 1), PROGRESS_DONE, NOW);
	check_board("by address, by name", &wait,
		    "waitfor: 2 of 2 ready, 4.2s of 60s\n"
		    "ready    10.0.0.2:5432                     4.2s\n"
		    "ready    db:5432        at 10.0.0.3:5432   4.2s\n");
}

/* Both refused, and the second is not in the target. */
static void test_a_second_address(void **state)
{
	struct wait wait;
	struct progress *progress;
	struct place second = {.port = 5432, .address = "10.0.0.3"};

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	progress = wait_add(&wait, "10.0.0.2:5432", OUTCOME_REFUSED, "", "10.0.0.2", 1);
	place_add_other(&progress->place, &second);
	check_board("two addresses", &wait,
		    "waitfor: 0 of 1 ready, 4.2s of 60s\n"
		    "waiting  10.0.0.2:5432  connection refused (10.0.0.2:5432 and 10.0.0.3:5432)   4.2s\n");
}

/* The second line of a reason has the width that the first leaves to the time. What is longer is cut there. */
static void test_a_long_reason(void **state)
{
	static const struct draw_row rows[] = {
		{"as wide as the window", 62, 24,
		 "waitfor: 0 of 1 ready, 4.2s of 60s\n"
		 "waiting  db:5432  answers but is not ready: 57P03: the   4.2s\n"
		 "                  database is starting up (10.0.0.2:5432)\n"},
		{"one cell less", 61, 24,
		 "waitfor: 0 of 1 ready, 4.2s of 60s\n"
		 "waiting  db:5432  answers but is not ready: 57P03:      4.2s\n"
		 "                  the database is starting up (10.0.0.2:5...\n"},
	};
	struct wait wait;

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	wait_add(&wait, "db:5432", OUTCOME_STARTING, "57P03: the database is starting up", "10.0.0.2", 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = board_draw(&wait.view, rows[i].columns, rows[i].rows, NOW, false);

		check_text(rows[i].name, text, rows[i].text);
		free(text);
	}
}

struct header_row {
	bool down, any, once;
	int64_t timeout;
	int columns;
	const char *header;
};

static void test_what_is_waited_for(void **state)
{
	static const struct header_row rows[] = {
		{false, true, false, 60 * CLOCK_S, 80, "waitfor: 0 of 2 ready, one is enough, 4.2s of 60s\n"},
		{true, true, false, 0, 80, "waitfor: 0 of 2 down, one is enough, 4.2s, no limit\n"},
		{false, false, true, 60 * CLOCK_S, 80, "waitfor: 0 of 2 ready, 4.2s\n"},
		{false, false, true, 0, 80, "waitfor: 0 of 2 ready, 4.2s\n"},
		{false, true, true, 60 * CLOCK_S, 80, "waitfor: 0 of 2 ready, one is enough, 4.2s\n"},
		{false, true, false, 60 * CLOCK_S, 49, "0 of 2 ready, one is enough, 4.2s of 60s\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wait wait;
		char *text;

		wait_open(&wait, rows[i].timeout, rows[i].down);
		wait.view.any = rows[i].any;
		wait.view.once = rows[i].once;
		wait_add(&wait, "a:1", OUTCOME_NONE, "", "", 0);
		wait_add(&wait, "b:1", OUTCOME_NONE, "", "", 0);
		text = board_draw(&wait.view, rows[i].columns, 1, NOW, false);
		check_text(rows[i].header, text, rows[i].header);
		free(text);
	}
}

static void test_no_target(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 60 * CLOCK_S, false);
	check_board("--links, and there are none", &wait, "waitfor: 0 of 0 ready, 4.2s of 60s\n");
}

static void test_colours(void **state)
{
	struct wait wait;
	char *text;

	(void)state;
	wait_open_mixed(&wait);
	text = board_draw(&wait.view, 44, 24, NOW, true);
	check_text("words", text,
		   "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		   "\033[32mready\033[m    db:5432         at 10.0.0.2:5432\n"
		   "\033[33mwaiting\033[m  cache:6379      connection refused\n"
		   "                         (10.0.0.3:5432)\n"
		   "\033[31mfailing\033[m  post...st/shop  denied: no such\n"
		   "                         role (10.0.0.4:...\n"
		   "\033[33mwaiting\033[m  web:80          not tried yet\n");
	free(text);
	text = board_draw(&wait.view, 5, 24, NOW, true);
	check_text("marks", text,
		   "1...\n"
		   "\033[32m+\033[m  d\n"
		   "\033[33m-\033[m  c\n"
		   "\033[31m!\033[m  p\n"
		   "\033[33m-\033[m  w\n");
	free(text);
	text = board_draw(&wait.view, 1, 24, NOW, true);
	check_lacks("nothing to colour", text, "\033");
	free(text);
}

static void check_bounds(const char *text, int columns, int rows)
{
	char name[32], *copy = strdup(text), *rest = copy, *line;
	int lines = 0;

	snprintf(name, sizeof(name), "%dx%d", columns, rows);
	for (; (line = strsep(&rest, "\n")) && rest; lines++) {
		check(name, cells_count(line) <= columns - 1);
		for (const char *at = line; *at; at++)
			check(name, (unsigned char)*at >= 0x20 && *at != 0x7f);
	}
	check(name, lines >= 1 && lines <= rows);
	free(copy);
}

/* Whatever a peer sends, lines are not too wide or too many, and no byte controls the terminal. */
static void test_bounds(void **state)
{
	struct wait wait;

	(void)state;
	wait_open_mixed(&wait);
	wait_add(&wait, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87:5432",
		 OUTCOME_STARTING, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80 \xe4\xb8\xad\xe6\x96\x87",
		 "10.0.0.5", 4);
	wait_add(&wait, "d\xfc:1", OUTCOME_STARTING, "\033[2J\r\n\t\x7f", "10.0.0.6", 4294967295u);
	for (int columns = 1; columns <= 150; columns++)
		for (int rows = 1; rows <= 8; rows++) {
			char *text = board_draw(&wait.view, columns, rows, NOW, false);

			check_bounds(text, columns, rows);
			free(text);
		}
}

static void test_what_a_peer_says_is_clean(void **state)
{
	struct wait wait;

	(void)state;
	wait_open(&wait, 0, false);
	wait_add(&wait, "d\xfc:1", OUTCOME_STARTING,
		 "\033[2Jx\r\n\xc2\x9b"
		 "1m",
		 "10.0.0.6", 2)
		->state = PROGRESS_TRYING;
	check_board("clean", &wait,
		    "waitfor: 0 of 1 ready, 4.2s, no limit\n"
		    "waiting  d?:1  answers but is not ready: ?[2Jx????1m (10.0.0.6:5432)   4.2s\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_each),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_attempts_are_not_shown),
		cmocka_unit_test(test_all_done),
		cmocka_unit_test(test_what_is_over_without_being_done),
		cmocka_unit_test(test_target_and_address),
		cmocka_unit_test(test_ready_where_the_target_says),
		cmocka_unit_test(test_a_second_address),
		cmocka_unit_test(test_a_long_reason),
		cmocka_unit_test(test_what_is_waited_for),
		cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_what_a_peer_says_is_clean),
	};

	return unit_main(tests);
}
