#include "unit.h"

#include "net/reserved.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool localhost, onion;
	} rows[] = {
		{"localhost", true, false},
		{"LocalHost", true, false},
		{"localhost.", true, false},
		{"peer.localhost", true, false},
		{"peer.localhost.", true, false},
		{"mylocalhost", false, false},
		{"localhost.test", false, false},
		{"service.onion", false, true},
		{"a.service.ONION.", false, true},
		{"onion", false, false},
		{"onion.", false, false},
		{"aonion", false, false},
		{"onion.test", false, false},
		{"", false, false},
		{".", false, false},
		{"db", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_int(rows[i].name, reserved_is_localhost(rows[i].name), rows[i].localhost);
		check_int(rows[i].name, reserved_is_onion(rows[i].name), rows[i].onion);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return unit_main(tests);
}
