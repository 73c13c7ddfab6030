#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "wait/progress.h"
#include "wait/schedule.h"

static const struct target progress_target = {.text = (char *)"db:5432"};
static const struct endpoint progress_endpoint = {.host = (char *)"db", .port = 5432};

static bool record(struct progress *progress, enum outcome_kind kind, const char *address, int64_t now)
{
	struct outcome outcome = outcome_make(kind, "detail of %d", kind);
	struct place place = place_of(&progress_endpoint);

	snprintf(place.address, sizeof(place.address), "%s", address);
	return progress_record(progress, &outcome, &place, now);
}

static void test_init(void **state)
{
	struct progress progress;

	(void)state;
	memset(&progress, 0x55, sizeof(progress));
	progress_init(&progress, &progress_target, 1000);
	check("target", progress.target == &progress_target);
	check_int("since", progress.since, 1000);
	check_int("attempts", progress.attempts, 0);
	check_int("finished", progress.finished, 0);
	check("nothing known", progress.state == PROGRESS_QUEUED && !progress_is_over(&progress) &&
				       !progress.resolved && progress.outcome.kind == OUTCOME_NONE);
	check("not ready", !progress_is_ready(&progress));
	check("not down", !progress_is_down(&progress, false) && !progress_is_down(&progress, true));
}

struct record_row {
	const char *name;
	enum outcome_kind kind;
	const char *address;
	bool changed, resolved;
	int64_t since; /* of attempt i at second i */
};

/*
 * "Time waited so far starts anew when a target gets further than it had been (name, connection,
 * protocol)". That means further than ever before: if it falls back and returns, the time goes on.
 */
static void test_record(void **state)
{
	static const struct record_row rows[] = {
		{"no name", OUTCOME_NO_NAME, "", true, false, 0},
		{"again", OUTCOME_NO_NAME, "", false, false, 0},
		{"the same layer", OUTCOME_NO_ADDRESS, "", true, false, 0},
		{"a connection's refusal", OUTCOME_REFUSED, "127.0.0.1", true, true, 4 * CLOCK_S},
		{"again refused", OUTCOME_REFUSED, "127.0.0.1", false, true, 4 * CLOCK_S},
		{"back to no name", OUTCOME_NO_NAME, "", true, true, 4 * CLOCK_S},
		{"again as far as before", OUTCOME_RESET, "127.0.0.1", true, true, 4 * CLOCK_S},
		{"the protocol", OUTCOME_STARTING, "127.0.0.1", true, true, 8 * CLOCK_S},
		{"the protocol, otherwise", OUTCOME_FULL, "127.0.0.1", true, true, 8 * CLOCK_S},
		{"refused once more", OUTCOME_REFUSED, "127.0.0.1", true, true, 8 * CLOCK_S},
		{"ready", OUTCOME_READY, "127.0.0.1", true, true, 8 * CLOCK_S},
	};
	struct progress progress;

	(void)state;
	progress_init(&progress, &progress_target, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct record_row *row = &rows[i];
		int64_t now = (int64_t)(i + 1) * CLOCK_S;
		char detail[32];

		check_int(row->name, record(&progress, row->kind, row->address, now), row->changed);
		snprintf(detail, sizeof(detail), "detail of %d", row->kind);
		check_int(row->name, progress.attempts, (long long)i + 1);
		check_int(row->name, progress.outcome.kind, row->kind);
		check_text(row->name, progress.outcome.detail, detail);
		check_text(row->name, progress.place.address, row->address);
		check_int(row->name, progress.resolved, row->resolved);
		check_int(row->name, progress.since, row->since);
		check_int(row->name, progress_is_ready(&progress), row->kind == OUTCOME_READY);
	}
	check_int("elapsed", progress_elapsed(&progress, 0, 70), 70);
	progress.next = 75;
	progress_end(&progress, PROGRESS_DONE, 77);
	check("finished", progress.state == PROGRESS_DONE && progress_is_over(&progress));
	check_int("finished", progress.finished, 77);
	check_int("no other attempt", progress.next, 0);
	check_int("elapsed", progress_elapsed(&progress, 0, 99), 77);
	progress_init(&progress, &progress_target, 10);
	progress_end(&progress, PROGRESS_EXPIRED, 77);
	check("expired", progress.state == PROGRESS_EXPIRED && progress_is_over(&progress));
	check_int("elapsed", progress_elapsed(&progress, 10, 99), 67);
	progress_end(&progress, PROGRESS_SKIPPED, 80);
	check("skipped after all", progress.state == PROGRESS_SKIPPED && progress_is_over(&progress));
	check_int("its time ended before", progress_elapsed(&progress, 10, 99), 67);
}

struct down_row {
	const char *name;
	enum outcome_kind kind;
	bool resolved, absent, down;
};

/* "A name that does not exist is not down unless it resolved before or --down=absent says so" (issue 3). */
static void test_down(void **state)
{
	static const struct down_row rows[] = {
		{"refused", OUTCOME_REFUSED, true, false, true},
		{"unreachable", OUTCOME_UNREACHABLE, true, false, true},
		{"ready", OUTCOME_READY, true, true, false},
		{"starting", OUTCOME_STARTING, true, true, false},
		{"silent", OUTCOME_SILENT, true, true, false},
		{"denied", OUTCOME_DENIED, true, true, false},
		{"no name", OUTCOME_NO_NAME, false, false, false},
		{"no name, =absent", OUTCOME_NO_NAME, false, true, true},
		{"no name any more", OUTCOME_NO_NAME, true, false, true},
		{"no address", OUTCOME_NO_ADDRESS, false, false, false},
		{"no address, =absent", OUTCOME_NO_ADDRESS, false, true, true},
		{"no service", OUTCOME_NO_SERVICE, false, false, false},
		{"no service, =absent", OUTCOME_NO_SERVICE, false, true, true},
		{"no service any more", OUTCOME_NO_SERVICE, true, false, true},
		{"no address any more", OUTCOME_NO_ADDRESS, true, false, true},
		{"DNS that fails says nothing", OUTCOME_DNS_FAILED, true, true, false},
		{"DNS that is silent says nothing", OUTCOME_DNS_SILENT, true, true, false},
		{"what was never tried", OUTCOME_LOCAL, true, true, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct progress progress;

		progress_init(&progress, &progress_target, 0);
		if (rows[i].resolved)
			record(&progress, OUTCOME_READY, "127.0.0.1", 1);
		record(&progress, rows[i].kind, "", 2);
		check_int(rows[i].name, progress_is_down(&progress, rows[i].absent), rows[i].down);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_down),
	};

	return unit_main(tests);
}
