#include "unit.h"

#include "target/place.h"

static const struct endpoint place_endpoint = {.host = (char *)"db", .port = 5432};

/* A place stays valid after its endpoint is gone. */
static void test_of_an_endpoint(void **state)
{
	struct endpoint endpoint = place_endpoint;
	struct place place = place_of(&endpoint);

	(void)state;
	endpoint.host = NULL;
	check_text("host", place.host, "db");
	check_int("port", place.port, 5432);
	check_text("no address", place.address, "");
	check("no variable", !place.from_variable);
}

struct place_row {
	const char *address, *text;
};

static void test_place_text(void **state)
{
	static const struct place_row rows[] = {
		{"172.17.0.2", "172.17.0.2:5432"},
		{"fd00::2", "[fd00::2]:5432"},
		{"/run/pg", "/run/pg"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct place place = place_of(&place_endpoint);
		char out[PLACE_TEXT_MAX];

		snprintf(place.address, sizeof(place.address), "%s", rows[i].address);
		check(rows[i].address, place_text(&place, out, sizeof(out)) == out);
		check_text(rows[i].address, out, rows[i].text);
	}
}

struct others_row {
	const char *others[4]; /* NULL ends the list */
	const char *all;
};

static void test_the_same_elsewhere(void **state)
{
	static const struct others_row rows[] = {
		{{NULL}, "[::1]:5432"},
		{{"127.0.0.1"}, "[::1]:5432 and 127.0.0.1:5432"},
		{{"127.0.0.1", "127.0.0.2"}, "[::1]:5432 and 2 more"},
		{{"127.0.0.1", "127.0.0.2", "127.0.0.3"}, "[::1]:5432 and 3 more"},
		{{"::1", ""}, "[::1]:5432"}, /* the same address, and a name without one */
		{{"", "/run/pg", "::1"}, "[::1]:5432 and /run/pg"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct place place = place_of(&place_endpoint), other = place;
		char out[PLACE_ALL_MAX];

		snprintf(place.address, sizeof(place.address), "::1");
		for (const char *const *address = rows[i].others; *address; address++) {
			snprintf(other.address, sizeof(other.address), "%s", *address);
			place_add_other(&place, &other);
		}
		check(rows[i].all, place_all_text(&place, out, sizeof(out)) == out);
		check_text(rows[i].all, out, rows[i].all);
		check_text("the first alone", place_text(&place, out, sizeof(out)), "[::1]:5432");
	}
}

/* A name that was not found has no address that others could be beside. */
static void test_nothing_is_beside_nowhere(void **state)
{
	struct place place = place_of(&place_endpoint), other = place;
	char out[PLACE_ALL_MAX];

	(void)state;
	snprintf(other.address, sizeof(other.address), "127.0.0.1");
	place_add_other(&place, &other);
	check_text("nowhere", place_all_text(&place, out, sizeof(out)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_an_endpoint),
		cmocka_unit_test(test_place_text),
		cmocka_unit_test(test_the_same_elsewhere),
		cmocka_unit_test(test_nothing_is_beside_nowhere),
	};

	return unit_main(tests);
}
