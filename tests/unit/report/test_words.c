#include "unit.h"

#include "report/words.h"

struct reason_row {
	const char *name;
	enum outcome_kind kind;
	unsigned streak;
	bool done;
	const char *reason, *down; /* down: the reason under --down */
};

static void test_reason(void **state)
{
	static const struct target wanted = {.text = (char *)"db:5432", .settings = {.successes = 3}};
	static const struct reason_row rows[] = {
		{"refused", OUTCOME_REFUSED, 0, false, "connection refused: x (127.0.0.1:5432)",
		 "cannot tell whether it is down: connection refused: x (127.0.0.1:5432)"},
		{"as wanted, once", OUTCOME_READY, 1, false, "ready: x, 1 of 3 in a row (127.0.0.1:5432)",
		 "down so far: ready: x, 1 of 3 in a row (127.0.0.1:5432)"},
		{"as wanted, twice", OUTCOME_REFUSED, 2, false,
		 "connection refused: x, 2 of 3 in a row (127.0.0.1:5432)",
		 "down so far: connection refused: x, 2 of 3 in a row (127.0.0.1:5432)"},
		{"done", OUTCOME_READY, 3, true, "ready: x (127.0.0.1:5432)", "ready: x (127.0.0.1:5432)"},
		{"not done", OUTCOME_READY, 0, false, "ready: x (127.0.0.1:5432)", "still up: x (127.0.0.1:5432)"},
		{"denied", OUTCOME_DENIED, 0, false, "denied: x (127.0.0.1:5432)",
		 "still answers: denied: x (127.0.0.1:5432)"},
		{"no name", OUTCOME_NO_NAME, 0, false, "no such name: x (127.0.0.1:5432)",
		 "name does not resolve: x (127.0.0.1:5432) (if that means down, use --down=absent)"},
		{"no address", OUTCOME_NO_ADDRESS, 0, false, "the name has no address: x (127.0.0.1:5432)",
		 "the name has no address: x (127.0.0.1:5432) (if that means down, use --down=absent)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct progress progress;

		progress_init(&progress, &wanted, 0);
		progress.outcome = outcome_make(rows[i].kind, "x");
		progress.place = (struct place){.host = "db", .port = 5432, .address = "127.0.0.1"};
		progress.attempts = 1;
		progress.streak = rows[i].streak;
		progress.state = rows[i].done ? PROGRESS_DONE : PROGRESS_PAUSED;
		check_text(rows[i].name, words_reason(&progress, false).text, rows[i].reason);
		check_text(rows[i].name, words_reason(&progress, true).text, rows[i].down);
	}
}

static void test_every_address_is_told(void **state)
{
	static const struct target target = {.text = (char *)"localhost:1"};
	const struct place v4 = {.host = "localhost", .port = 1, .address = "127.0.0.1"};
	struct progress progress;

	(void)state;
	progress_init(&progress, &target, 0);
	progress.outcome = outcome_make(OUTCOME_REFUSED, NULL);
	progress.attempts = 1;
	progress.place = (struct place){.host = "localhost", .port = 1, .address = "::1"};
	place_add_other(&progress.place, &v4);
	check_text("ready", words_reason(&progress, false).text, "connection refused ([::1]:1 and 127.0.0.1:1)");
	check_text("down", words_reason(&progress, true).text,
		   "cannot tell whether it is down: connection refused ([::1]:1 and 127.0.0.1:1)");
}

/* Before the first attempt nothing is known about the peer. */
static void test_not_tried_yet(void **state)
{
	static const struct target target = {.text = (char *)"db:5432"};
	struct progress progress;

	(void)state;
	progress_init(&progress, &target, 0);
	check_text("ready", words_reason(&progress, false).text, "not tried yet");
	check_text("down", words_reason(&progress, true).text, "not tried yet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_every_address_is_told),
		cmocka_unit_test(test_not_tried_yet),
	};

	return unit_main(tests);
}
