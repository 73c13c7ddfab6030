#include "unit.h"

#include <stdlib.h>

#include "fronting.h"

static void test_calls(void **state)
{
	/* clang-format off */
	static const struct fronting_case cases[] = {
		{"pg_isready", {0}, -1, 0, "waitfor --once postgres:///?host=%2Fvar%2Frun%2Fpostgresql&port=5432"},
		{"pg_isready -h db", {0}, -1, 0, "waitfor --once postgres://db:5432"},
		{"pg_isready -hdb -p1 -d shop -U me", {0}, -1, 0, "waitfor --once postgres://me@db:1/shop"},
		{"pg_isready --host=db --por 1 --dbname a/b --username=a@b", {0}, -1, 0,
		 "waitfor --once postgres://a%40b@db:1/a%2Fb"},
		{"pg_isready -h ::1", {0}, -1, 0, "waitfor --once postgres://[::1]:5432"},
		{"pg_isready -h a,b -p 1,2 -U me -d shop", {0}, -1, 0,
		 "waitfor --once postgres:///shop?host=a%2Cb&port=1%2C2&user=me"},
		{"pg_isready -h a@b?c", {0}, -1, 0, "waitfor --once postgres:///?host=a%40b%3Fc&port=5432"},
		{"pg_isready -h db -p 1/x", {0}, -1, 0, "waitfor --once postgres:///?host=db&port=1%2Fx"},
		{"pg_isready -d postgresql://db/shop -h other", {0}, -1, 0, "waitfor --once postgresql://db/shop"},
		/* Of -h, -p and the variables libpq takes what the URI does not name. */
		{"pg_isready -d postgresql:///shop -h other -p 7", {0}, -1, 0,
		 "waitfor --once postgresql:///shop?host=other&port=7"},
		{"pg_isready -d postgresql://me@/shop?sslmode=disable", {"PGHOST=other"}, -1, 0,
		 "waitfor --once postgresql://me@/shop?sslmode=disable&host=other&port=5432"},
		{"pg_isready -d postgresql:///shop?host=db -h other", {0}, -1, 0, "waitfor --once postgresql:///shop?host=db"},
		{"pg_isready -d postgresql:// -h other", {0}, -1, 0, "waitfor --once postgresql://?host=other&port=5432"},
		{"pg_isready -h  -p  -d ", {"PGHOST=db", "PGPORT=7"}, -1, 0, "waitfor --once postgres://db:7"},
		{"pg_isready", {"PGHOSTADDR=10.0.0.1"}, -1, 0, "waitfor --once postgres://10.0.0.1:5432"},
		{"pg_isready -qh db -t 5", {0}, -1, 0, "waitfor --once -t 5 --attempt-timeout 5 postgres://db:5432"},
		{"pg_isready -h db --timeout=0", {0}, -1, 0,
		 "waitfor --once -t 0 --attempt-timeout 24h postgres://db:5432"},
		{"pg_isready", {"PGHOST=db", "PGPORT=7"}, -1, 0, "waitfor --once postgres://db:7"},
		{"pg_isready -h here -p 8", {"PGHOST=db", "PGPORT=7"}, -1, 0, "waitfor --once postgres://here:8"},
		{"pg_isready -d host=db", {0}, 3, 2, "pg_isready: error: waitfor reads no keywords in -d; "},
		{"pg_isready db -h x", {0}, 3, 2, "pg_isready: error: too many command-line arguments (first is \"db\")\n"},
		{"pg_isready -h x -- -q", {0}, 3, 2, "pg_isready: error: too many command-line arguments (first is \"-q\")\n"},
		{"pg_isready db -x", {0}, 3, 2, "pg_isready: invalid option -- 'x'\npg_isready: hint: "},
		{"pg_isready -qp", {0}, 3, 2, "pg_isready: option requires an argument -- 'p'\n"},
		{"pg_isready --frob", {0}, 3, 2, "pg_isready: unrecognized option '--frob'\n"},
		{"pg_isready --port", {0}, 3, 2, "pg_isready: option '--port' requires an argument\n"},
		{"pg_isready --quiet=no", {0}, 3, 2, "pg_isready: option '--quiet' doesn't allow an argument\n"},
		{"pg_isready --help", {0}, 0, 1, "pg_isready tells whether "},
		{"pg_isready -V", {0}, 0, 1, "pg_isready (waitfor "},
	};
	/* clang-format on */

	(void)state;
	fronting_check(cases, COUNT(cases));
}

static void test_answers(void **state)
{
	/* clang-format off */
	static const struct { struct outcome outcome; int code; const char *expected; } cases[] = {
		{{OUTCOME_READY, ""}, 0, "db:5432 - accepting connections\n"},
		{{OUTCOME_FULL, "53300: sorry, too many clients already"}, 0, "db:5432 - accepting connections\n"},
		{{OUTCOME_DENIED, "28P01: no"}, 0, "db:5432 - accepting connections\n"},
		{{OUTCOME_UNSUITABLE, ""}, 0, "db:5432 - accepting connections\n"},
		{{OUTCOME_STARTING, "XX000: out of luck"}, 0, "db:5432 - accepting connections\n"},
		{{OUTCOME_STARTING, "57P03: the database system is starting up"}, 1, "db:5432 - rejecting connections\n"},
		{{OUTCOME_REFUSED, ""}, 2, "db:5432 - no response\n"},
		{{OUTCOME_NO_NAME, ""}, 2, "db:5432 - no response\n"},
		{{OUTCOME_SILENT, ""}, 2, "db:5432 - no response\n"},
		{{OUTCOME_GARBLED, ""}, 2, "db:5432 - no response\n"},
		{{OUTCOME_NONE, ""}, 2, "db:5432 - no response\n"},
	};
	/* clang-format on */
	int late;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fronting_moment moment = {
			.moment = FRONTLINE_END, .verdict = VERDICT_NOT_READY, .outcome = cases[i].outcome};
		char *said = fronting_say("pg_isready -h db", "postgres://db:5432", &moment, &late);
		char *quiet = fronting_say("pg_isready -qh db", "postgres://db:5432", &moment, &late);

		check_text(cases[i].outcome.detail, said, cases[i].expected);
		check_text(cases[i].outcome.detail, quiet, "");
		check_int(cases[i].outcome.detail, late, cases[i].code);
		free(said);
		free(quiet);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_answers),
	};

	return unit_main(tests);
}
