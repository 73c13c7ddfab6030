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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_an_endpoint),
		cmocka_unit_test(test_place_text),
	};

	return unit_main(tests);
}
