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
	wait_add(wait, "postgres://app:***@sql/shop", OUTCOME_DENIED, "no such role", "10.0.0.4", 1)->state =
		PROGRESS_TRYING;
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
		 "waiting  tcp://cache:6379             connection refused (10.0.0.3:5432)     4.2s\n"
		 "failing  postgres://app:***@sql/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  web:80                       not tried yet                          4.2s\n"},
		/* All texts fit: 7+2+27+2+36+2+5 cells. */
		{"just wide enough", 82, 5,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                       0.3s\n"
		 "waiting  tcp://cache:6379             connection refused (10.0.0.3:5432)     4.2s\n"
		 "failing  postgres://app:***@sql/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  web:80                       not tried yet                          4.2s\n"},
		{"target and reason cut to 20 and 26", 65, 5,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432               at 10.0.0.2:5432             0.3s\n"
		 "waiting  tcp://cache:6379      connection refused (10....   4.2s\n"
		 "failing  postgre...*@sql/shop  denied: no such role (1...   4.2s\n"
		 "waiting  web:80                not tried yet                4.2s\n"},
		{"80 columns", 80, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                     0.3s\n"
		 "waiting  tcp://cache:6379             connection refused (10.0.0.3:5432)   4.2s\n"
		 "failing  postgres://app:***@sql/shop  denied: no such role (10.0.0.4:...   4.2s\n"
		 "waiting  web:80                       not tried yet                        4.2s\n"},
		{"a size that is not known", 0, 0,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                      at 10.0.0.2:5432                     0.3s\n"
		 "waiting  tcp://cache:6379             connection refused (10.0.0.3:5432)   4.2s\n"
		 "failing  postgres://app:***@sql/shop  denied: no such role (10.0.0.4:...   4.2s\n"
		 "waiting  web:80                       not tried yet                        4.2s\n"},
		/* The elapsed time leaves six cells: three for the target, three for the reason. */
		{"64 columns", 64, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                   at 10.0.0.2:5432\n"
		 "waiting  tcp://cache:6379          connection refused (10.0....\n"
		 "failing  postgres:...***@sql/shop  denied: no such role (10....\n"
		 "waiting  web:80                    not tried yet\n"},
		{"60 columns", 60, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432                 at 10.0.0.2:5432\n"
		 "waiting  tcp://cache:6379        connection refused (10....\n"
		 "failing  postgres...**@sql/shop  denied: no such role (1...\n"
		 "waiting  web:80                  not tried yet\n"},
		{"52 columns", 52, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432             at 10.0.0.2:5432\n"
		 "waiting  tcp://cache:6379    connection refused ...\n"
		 "failing  postgr...@sql/shop  denied: no such rol...\n"
		 "waiting  web:80              not tried yet\n"},
		{"state, target and reason", 44, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "ready    db:5432         at 10.0.0.2:5432\n"
		 "waiting  tcp:...he:6379  connection refu...\n"
		 "failing  post...ql/shop  denied: no such...\n"
		 "waiting  web:80          not tried yet\n"},
		{"a mark in place of the word", 43, 24,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "+  db:5432             at 10.0.0.2:5432\n"
		 "-  tcp://cache:6379    connection refus...\n"
		 "!  postgr...@sql/shop  denied: no such ...\n"
		 "-  web:80              not tried yet\n"},
		{"30 columns", 30, 24,
		 "1 of 4 ready, 4.2s of 60s\n"
		 "+  db:5432       at 10.0.0...\n"
		 "-  tcp...e:6379  connectio...\n"
		 "!  pos...l/shop  denied: n...\n"
		 "-  web:80        not tried...\n"},
		{"22 columns", 22, 24,
		 "1 of 4 ready, 4.2s...\n"
		 "+  db:5432   at 10...\n"
		 "-  t...6379  conne...\n"
		 "!  p...shop  denie...\n"
		 "-  web:80    not t...\n"},
		{"mark and target", 20, 24,
		 "1 of 4 ready, 4....\n"
		 "+  db:5432\n"
		 "-  tcp://cache:6379\n"
		 "!  postg...sql/shop\n"
		 "-  web:80\n"},
		{"five columns", 5, 24,
		 "1...\n"
		 "+  d\n"
		 "-  t\n"
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
		 "failing  postgres://app:***@sql/shop  denied: no such role (10.0.0.4:5432)   4.2s\n"
		 "waiting  tcp://cache:6379             connection refused (10.0.0.3:5432)     4.2s\n"
		 "... and 2 more: 1 waiting, 1 ready\n"},
		{"three rows", 60, 3,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "failing  postgres...**@sql/shop  denied: no such role (1...\n"
		 "... and 3 more: 2 waiting, 1 ready\n"},
		{"three narrow rows", 20, 3,
		 "1 of 4 ready, 4....\n"
		 "!  postg...sql/shop\n"
		 "... and 3 more: ...\n"},
		{"two rows", 60, 2,
		 "waitfor: 1 of 4 ready, 4.2s of 60s\n"
		 "failing  postgres...**@sql/shop  denied: no such role (1...\n"},
		{"one row", 60, 1, "waitfor: 1 of 4 ready, 4.2s of 60s\n"},
		{"one row of one column", 1, 1, "\n"},
		{"all rows", 20, BOARD_ALL_ROWS,
		 "1 of 4 ready, 4....\n"
		 "+  db:5432\n"
		 "-  tcp://cache:6379\n"
		 "!  postg...sql/shop\n"
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
		   "\033[33mwaiting\033[m  tcp:...he:6379  connection refu...\n"
		   "\033[31mfailing\033[m  post...ql/shop  denied: no such...\n"
		   "\033[33mwaiting\033[m  web:80          not tried yet\n");
	free(text);
	text = board_draw(&wait.view, 5, 24, NOW, true);
	check_text("marks", text,
		   "1...\n"
		   "\033[32m+\033[m  d\n"
		   "\033[33m-\033[m  t\n"
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
		cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_what_a_peer_says_is_clean),
	};

	return unit_main(tests);
}
