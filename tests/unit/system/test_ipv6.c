#include "unit.h"

#include <string.h>

#include "system/ipv6.h"

struct parse_row {
	const char *text, *interface;
	bool is, link_local;
};

static void test_parse(void **state)
{
	static const struct parse_row rows[] = {
		{"fd00::2", NULL, true, false},
		{"fe80::1", NULL, true, true},
		{"fe80::1%eth0", "eth0", true, true},
		{"febf::1%2", "2", true, true},
		{"ff02::1%eth0", "eth0", true, true},
		{"fec0::1%eth0", "eth0", true, false},
		{"::1%a%b", "a%b", true, false},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%lo", "lo", true, false},
		{"fe80::1%", NULL, false, false},
		{"%eth0", NULL, false, false},
		{"", NULL, false, false},
		{"10.0.0.1", NULL, false, false},
		{"[::1]", NULL, false, false},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", NULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *interface = NULL;
		struct in6_addr address;

		check_int(rows[i].text, ipv6_parse(rows[i].text, &address, &interface), rows[i].is);
		if (!rows[i].is)
			continue;
		check_text(rows[i].text, interface, rows[i].interface);
		check_int(rows[i].text, ipv6_is_link_local(&address), rows[i].link_local);
	}
}

/* The loopback interface is the first of every network namespace. */
static void test_interface_number(void **state)
{
	(void)state;
	check_int("a name", ipv6_interface_number("lo"), 1);
	check_int("a number", ipv6_interface_number("1"), 1);
	check_int("of none, as yet", ipv6_interface_number("999999999"), 999999999);
	check_int("too large", ipv6_interface_number("4294967297"), 0);
	check_int("no name", ipv6_interface_number("nothere0"), 0);
	check_int("empty", ipv6_interface_number(""), 0);
	check_int("neither", ipv6_interface_number("1x"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_interface_number),
	};

	return unit_main(tests);
}
