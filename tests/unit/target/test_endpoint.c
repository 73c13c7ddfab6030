#include "unit.h"

#include <sys/socket.h>

#include "target/endpoint.h"

struct endpoint_row {
	const char *text;
	size_t len; /* the bytes after it must not be read */
	int result;
	const char *host;
	uint16_t port;
};

static void test_parse(void **state)
{
	static const struct endpoint_row rows[] = {
		{"db:5432/app", 7, 0, "db", 5432},
		{"db:5432", 5, 0, "db", 54},
		{"db:5432", 2, 0, "db", 0},
		{"[::1]:80,x", 8, 0, "::1", 80},
		{"[::1],x:1", 5, 0, "::1", 0},
		{"db:5432", 3, -1, NULL, 0},
		{"[::1]", 4, -1, NULL, 0},
		{"db", 0, -1, NULL, 0},
		{"[::1]:80", 6, -1, NULL, 0},
		{"a:1:2", 3, 0, "a", 1},
		{"[::1]:8,[x", 7, 0, "::1", 8},
		{"[fe80::1%lo]:8", 14, 0, "fe80::1%lo", 8},
		{"[fe80::1%25lo]", 14, 0, "fe80::1%lo", 0},
		{"[fe80::1%1]", 11, 0, "fe80::1%1", 0},
		/* Decoded, it would end in a byte 0xeb. */
		{"[fe80::1%eb]", 12, -1, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct endpoint endpoint = {0};
		struct error err = {0};

		check_int(rows[i].text, endpoint_parse(&endpoint, rows[i].text, rows[i].len, &err), rows[i].result);
		check_text(rows[i].text, endpoint.host, rows[i].host);
		check_int(rows[i].text, endpoint.port, rows[i].port);
		check(rows[i].text, !endpoint.address && !endpoint.fallback && err.set == (rows[i].result != 0));
		endpoint_release(&endpoint);
		check(rows[i].text, !endpoint.host && !endpoint.port);
	}
}

struct family_row {
	const char *host;
	int family;
};

static void test_family(void **state)
{
	static const struct family_row rows[] = {
		{"127.0.0.1", AF_INET},
		{"::1", AF_INET6},
		{"fd00::2", AF_INET6},
		{"/run/pg", AF_UNIX},
		{"/", AF_UNIX},
		{"db", AF_UNSPEC},
		{"", AF_UNSPEC},
		{"127.0.0.1.", AF_UNSPEC},
		{"127.0.0", AF_UNSPEC},
		{"127.0.0.256", AF_UNSPEC},
		{"[::1]", AF_UNSPEC},
		{"127.0.0.1:80", AF_UNSPEC},
		{"::ffff:127.0.0.1", AF_INET6},
		{"fe80::1%eth0", AF_INET6},
		{"fe80::1%", AF_UNSPEC},
		{"%eth0", AF_UNSPEC},
		{"127.0.0.1%lo", AF_UNSPEC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].host, endpoint_family(rows[i].host), rows[i].family);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_family),
	};

	return unit_main(tests);
}
