#include "unit.h"

#include <errno.h>
#include <string.h>

#include "target/outcome.h"

static void test_every_kind_has_a_row(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_KINDS; i++) {
		const struct outcome_info *info = outcome_info((enum outcome_kind)i);
		char name[32];

		snprintf(name, sizeof(name), "kind %d", i);
		check(name, info->name && info->name[0]);
		check(name, info->text && info->text[0]);
		check(info->name, strspn(info->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(info->name));
		check(info->name, info->layer <= OUTCOME_APP);
		check(info->name, info->cost <= OUTCOME_NOISY);
		for (int j = 0; j < i; j++)
			check(info->name, strcmp(info->name, outcome_info((enum outcome_kind)j)->name) != 0);
	}
}

struct kind_row {
	const char *name;
	enum outcome_kind kind;
	enum outcome_layer layer;
	enum outcome_cost cost;
	bool lasting, down, answers;
};

static void test_kinds(void **state)
{
	/*
	 * Layers: how far an attempt got. Costs: issue 3, "Backoff" (refused and unreachable are free, no such name is
	 * shared, 57P03 is noisy). Lasting: "denied, another protocol" and what a retry cannot cure; never what FACTS
	 * 12, 18 and 27 call transient. Down: nothing answers at a known address; a name is for the waiter to judge.
	 * Answers: the service itself accepted the connection.
	 */
	static const struct kind_row rows[] = {
		{"none", OUTCOME_NONE, OUTCOME_NAME, OUTCOME_FREE, false, false, false},
		{"ready", OUTCOME_READY, OUTCOME_APP, OUTCOME_FREE, false, false, true},
		{"no name", OUTCOME_NO_NAME, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"no address", OUTCOME_NO_ADDRESS, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"no service", OUTCOME_NO_SERVICE, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"DNS failed", OUTCOME_DNS_FAILED, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"DNS silent", OUTCOME_DNS_SILENT, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"no record", OUTCOME_NO_RECORD, OUTCOME_NAME, OUTCOME_SHARED, false, true, false},
		{"local", OUTCOME_LOCAL, OUTCOME_NAME, OUTCOME_SHARED, false, false, false},
		{"no_file", OUTCOME_NO_FILE, OUTCOME_CONNECT, OUTCOME_FREE, false, true, false},
		{"no process", OUTCOME_NO_PROCESS, OUTCOME_CONNECT, OUTCOME_FREE, false, true, false},
		{"check failed", OUTCOME_CHECK_FAILED, OUTCOME_APP, OUTCOME_NOISY, false, true, false},
		{"locked", OUTCOME_LOCKED, OUTCOME_APP, OUTCOME_FREE, false, false, true},
		{"unmet", OUTCOME_UNMET, OUTCOME_APP, OUTCOME_FREE, false, false, false},
		{"refused", OUTCOME_REFUSED, OUTCOME_CONNECT, OUTCOME_FREE, false, true, false},
		{"unreachable", OUTCOME_UNREACHABLE, OUTCOME_CONNECT, OUTCOME_FREE, false, true, false},
		{"connect timeout", OUTCOME_CONNECT_TIMEOUT, OUTCOME_CONNECT, OUTCOME_FREE, false, true, false},
		{"closed", OUTCOME_CLOSED, OUTCOME_CONNECT, OUTCOME_SHARED, false, true, false},
		{"reset", OUTCOME_RESET, OUTCOME_CONNECT, OUTCOME_SHARED, false, true, false},
		{"silent", OUTCOME_SILENT, OUTCOME_APP, OUTCOME_NOISY, false, false, true},
		{"garbled", OUTCOME_GARBLED, OUTCOME_APP, OUTCOME_NOISY, true, false, true},
		{"starting", OUTCOME_STARTING, OUTCOME_APP, OUTCOME_NOISY, false, false, true},
		{"full", OUTCOME_FULL, OUTCOME_APP, OUTCOME_NOISY, false, false, true},
		{"unsuitable", OUTCOME_UNSUITABLE, OUTCOME_APP, OUTCOME_NOISY, false, false, true},
		{"denied", OUTCOME_DENIED, OUTCOME_APP, OUTCOME_NOISY, true, false, true},
		{"TLS", OUTCOME_TLS, OUTCOME_APP, OUTCOME_NOISY, true, false, true},
	};

	(void)state;
	assert_int_equal(COUNT(rows), OUTCOME_KINDS);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outcome outcome = {.kind = rows[i].kind};
		const struct outcome_info *info = outcome_info(rows[i].kind);

		check_int(rows[i].name, info->layer, rows[i].layer);
		check_int(rows[i].name, info->cost, rows[i].cost);
		check_int(rows[i].name, info->lasting, rows[i].lasting);
		check_int(rows[i].name, outcome_info(outcome.kind)->down, rows[i].down);
		check_int(rows[i].name, info->answers, rows[i].answers);
	}
}

/* If both families fail, the reason that says more is told: what this machine lacks, silence, an error, then the name. */
static void test_weights(void **state)
{
	static const enum outcome_kind lightest_first[] = {OUTCOME_NONE,       OUTCOME_NO_NAME,    OUTCOME_NO_ADDRESS,
							   OUTCOME_DNS_FAILED, OUTCOME_DNS_SILENT, OUTCOME_LOCAL};

	(void)state;
	for (size_t i = 1; i < COUNT(lightest_first); i++)
		check(outcome_info(lightest_first[i])->name,
		      outcome_info(lightest_first[i])->weight > outcome_info(lightest_first[i - 1])->weight);
	check_int("a service is as a host", outcome_info(OUTCOME_NO_SERVICE)->weight,
		  outcome_info(OUTCOME_NO_ADDRESS)->weight);
}

struct errno_row {
	const char *name;
	int error_number;
	enum outcome_kind kind;
	bool detailed; /* the outcome has a detail */
};

static void test_from_errno(void **state)
{
	static const struct errno_row rows[] = {
		/* FACTS 18 */
		{"ECONNREFUSED", ECONNREFUSED, OUTCOME_REFUSED, false},
		{"EHOSTUNREACH", EHOSTUNREACH, OUTCOME_UNREACHABLE, true},
		{"ENETUNREACH", ENETUNREACH, OUTCOME_UNREACHABLE, true},
		{"ETIMEDOUT", ETIMEDOUT, OUTCOME_CONNECT_TIMEOUT, false},
		{"ECONNRESET", ECONNRESET, OUTCOME_RESET, false},
		{"EPIPE", EPIPE, OUTCOME_RESET, false},
		{"ENOENT, a Unix socket", ENOENT, OUTCOME_NO_FILE, false},
		{"ENOTDIR, its folder", ENOTDIR, OUTCOME_NO_FILE, false},
		{"EAGAIN, its queue is full", EAGAIN, OUTCOME_FULL, false},
		{"EAFNOSUPPORT", EAFNOSUPPORT, OUTCOME_UNREACHABLE, true},
		/* These are not caused by the peer. */
		{"EMFILE", EMFILE, OUTCOME_LOCAL, true},
		{"ENFILE", ENFILE, OUTCOME_LOCAL, true},
		{"ENOBUFS", ENOBUFS, OUTCOME_LOCAL, true},
		{"ENOMEM", ENOMEM, OUTCOME_LOCAL, true},
		{"EADDRNOTAVAIL", EADDRNOTAVAIL, OUTCOME_LOCAL, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outcome outcome = outcome_from_errno(rows[i].error_number);

		check_int(rows[i].name, outcome.kind, rows[i].kind);
		check_text(rows[i].name, outcome.detail, rows[i].detailed ? strerror(rows[i].error_number) : "");
	}
	for (int i = 1; i < 134; i++)
		check_lacks("never ready", outcome_info(outcome_from_errno(i).kind)->name, "ready");
}

static void test_make(void **state)
{
	struct outcome outcome = outcome_make(OUTCOME_DENIED, NULL);
	char longer[500];

	(void)state;
	check_int("no detail", outcome.kind, OUTCOME_DENIED);
	check_text("no detail", outcome.detail, "");
	outcome = outcome_make(OUTCOME_STARTING, "%s %d", "57P03:", 3);
	check_int("detail", outcome.kind, OUTCOME_STARTING);
	check_text("detail", outcome.detail, "57P03: 3");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	outcome = outcome_make(OUTCOME_STARTING, "%s", longer);
	check_int("too long a detail is cut", (long long)strlen(outcome.detail), (long long)sizeof(outcome.detail) - 1);
}

struct better_row {
	const char *name;
	enum outcome_kind first, second;
	bool second_wins;
};

/* "READY if one is READY, else the one that got further, else the first." */
static void test_better(void **state)
{
	static const struct better_row rows[] = {
		{"ready first", OUTCOME_READY, OUTCOME_DENIED, false},
		{"ready second", OUTCOME_DENIED, OUTCOME_READY, true},
		{"both ready", OUTCOME_READY, OUTCOME_READY, false},
		{"nothing yet", OUTCOME_NONE, OUTCOME_NO_NAME, true},
		{"nothing new", OUTCOME_NO_NAME, OUTCOME_NONE, false},
		{"further second", OUTCOME_NO_NAME, OUTCOME_REFUSED, true},
		{"further first", OUTCOME_REFUSED, OUTCOME_NO_NAME, false},
		{"protocol over connection", OUTCOME_CONNECT_TIMEOUT, OUTCOME_STARTING, true},
		{"connection under protocol", OUTCOME_STARTING, OUTCOME_CONNECT_TIMEOUT, false},
		{"the same layer", OUTCOME_REFUSED, OUTCOME_CONNECT_TIMEOUT, false},
		{"the same layer, the other way", OUTCOME_CONNECT_TIMEOUT, OUTCOME_REFUSED, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outcome first = {.kind = rows[i].first}, second = {.kind = rows[i].second};

		check(rows[i].name, outcome_better(&first, &second) == (rows[i].second_wins ? &second : &first));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_has_a_row),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_from_errno),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_better),
	};

	return unit_main(tests);
}
