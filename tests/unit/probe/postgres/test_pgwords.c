/* pgwords.c: what is quoted of a message. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/postgres/pgwords.h"

/* FIELD 16: a secret is hidden where it is one, and nowhere else. */
static void test_quote(void **state)
{
	static const struct {
		const char *words;
		size_t keep;
		struct pgwords_sent sent;
		const char *quoted;
	} rows[] = {
		{"28P01: no\nLOCATION", 5, {NULL, "me", "app"}, "28P01: no"},
		{"28P01: no\nLOCATION", 5, {"", "me", "app"}, "28P01: no"},
		{"28P01: no", 5, {"hunter2", "me", "app"}, "28P01: no"},
		{"28P01: hunter2!", 5, {"hunter2", "me", "app"}, "28P01"},
		{"28P01: bad password \"hunter2\"", 5, {"hunter2", "me", NULL}, "28P01: bad password"},
		{"28P01: bad hun\nter2", 5, {"hun\nter2", "me", "app"}, "28P01: bad"},
		{"3D000: database \"infisical\" does not exist",
		 5,
		 {"infisical", "infisical", "infisical"},
		 "3D000: database \"infisical\" does not exist"},
		{"28P01: failed for user \"infisical\"",
		 5,
		 {"infisical", "infisical", "shop"},
		 "28P01: failed for user \"infisical\""},
		{"3D000: database \"shop\" does not exist",
		 5,
		 {"shop", "me", "shop"},
		 "3D000: database \"shop\" does not exist"},
		{"3D000: no \"shop_test\"", 5, {"shop", "me", "shop_test"}, "3D000: no \"shop_test\""},
		{"3D000: no \"shop\"; shop9", 5, {"shop9", "me", "shop"}, "3D000: no \"shop\";"},
		{"28P01: \"app\" says hunter2", 5, {"hunter2", "app", NULL}, "28P01: \"app\" says"},
		{"28P01: secret, \"secretary\"", 5, {"secret", "secretary", NULL}, "28P01"},
		{"28P01: no", 5, {"28P01", "me", "app"}, "28P01: no"},
		{"0", 5, {"0", "me", "app"}, "0"},
		{"SSL error: hunter2", 0, {"hunter2", "me", "app"}, "SSL error"},
		{"hunter2", 0, {"hunter2", "me", "app"}, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *quoted = pgwords_quote(rows[i].words, rows[i].keep, &rows[i].sent);

		check_text(rows[i].words, quoted, rows[i].quoted);
		free(quoted);
	}
}

static void test_without_place(void **state)
{
	(void)state;
	check_text("place", pgwords_without_place("connection to server at \"db\", port 1 failed: no"), "no");
	check_text("none", pgwords_without_place("out of memory"), "out of memory");
}

static void test_errno(void **state)
{
	static const int reasons[] = {ECONNREFUSED, ENOENT, EMFILE, EPERM};

	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		char *message = alloc_format("connection failed: %s\n\tIs the server running?", strerror(reasons[i]));

		check_int(message, pgwords_errno(message), reasons[i]);
		free(message);
	}
	check_int("none", pgwords_errno("out of memory"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_without_place),
		cmocka_unit_test(test_errno),
	};

	return unit_main(tests);
}
