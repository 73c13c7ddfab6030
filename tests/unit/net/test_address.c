#include "unit.h"

#include <string.h>

#include "net/address.h"

struct host_row {
	const char *host;
	int family;
	const char *text; /* NULL: not an address */
	bool loopback;
};

static const struct host_row host_rows[] = {
	{"172.17.0.2", AF_INET, "172.17.0.2", false},
	{"127.0.0.1", AF_INET, "127.0.0.1", true},
	{"127.9.9.9", AF_INET, "127.9.9.9", true},
	{"0.0.0.0", AF_INET, "0.0.0.0", true},
	{"128.0.0.1", AF_INET, "128.0.0.1", false},
	{"fd00::2", AF_INET6, "fd00::2", false},
	{"FD00:0::2", AF_INET6, "fd00::2", false},
	{"::1", AF_INET6, "::1", true},
	{"::", AF_INET6, "::", true},
	{"::ffff:127.0.0.1", AF_INET6, "::ffff:127.0.0.1", true},
	{"::ffff:10.0.0.1", AF_INET6, "::ffff:10.0.0.1", false},
	{"/run/x.sock", AF_UNIX, "/run/x.sock", false},
	{"db", AF_UNSPEC, NULL, false},
	{"", AF_UNSPEC, NULL, false},
	{"1.2.3", AF_UNSPEC, NULL, false},
	{"[::1]", AF_UNSPEC, NULL, false},
};

static void test_of_a_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(host_rows); i++) {
		const struct host_row *row = &host_rows[i];
		struct address address;
		char text[ADDRESS_TEXT_MAX];

		memset(&address, 0x55, sizeof(address));
		check_int(row->host, address_of_host(&address, row->host, 5432), row->text != NULL);
		check_int(row->host, address.any.sa_family, row->family);
		check_text(row->host, address_text(&address, text, sizeof(text)), row->text ? row->text : "");
		check_int(row->host, address_is_loopback(&address), row->loopback);
		check_int(row->host, address_port(&address),
			  row->family == AF_INET || row->family == AF_INET6 ? 5432 : 0);
	}
}

/* The path of a Unix socket has at most 107 bytes (unix(7)). */
static void test_the_longest_path(void **state)
{
	struct address address;
	char path[200], text[ADDRESS_TEXT_MAX];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	check_int("the kernel's limit", ADDRESS_PATH_MAX, 107);
	check("107", address_of_host(&address, path, 0));
	check_text("whole", address_text(&address, text, sizeof(text)), path);
	check_int("with the end", address.length, sizeof(struct sockaddr_un));
	path[107] = 'x';
	path[108] = '\0';
	check("108", !address_of_host(&address, path, 0));
}

static void test_equal(void **state)
{
	static const char *const hosts[] = {"10.0.0.1", "10.0.0.2", "::1", "/a", "/ab"};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++)
		for (size_t j = 0; j < COUNT(hosts); j++) {
			struct address a, b;

			address_of_host(&a, hosts[i], 1);
			address_of_host(&b, hosts[j], 1);
			check_int(hosts[i], address_is_equal(&a, &b), i == j);
			address_of_host(&b, hosts[j], 2);
			check_int("the port counts", address_is_equal(&a, &b), i == j && hosts[i][0] == '/');
		}
}

static void test_of_a_socket(void **state)
{
	const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
	const struct sockaddr other = {.sa_family = AF_UNSPEC};
	struct address expected, address;

	(void)state;
	address_of_host(&expected, "10.0.0.1", 80);
	check("IPv4", address_of_socket(&address, (const struct sockaddr *)&v4, 80));
	check("IPv4", address_is_equal(&address, &expected));
	check("another family", !address_of_socket(&address, &other, 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_host),
		cmocka_unit_test(test_the_longest_path),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_of_a_socket),
	};

	return unit_main(tests);
}
