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
	{"fe80::7%lo", AF_INET6, "fe80::7%lo", false},
	{"fe80::7%1", AF_INET6, "fe80::7%lo", false},
	{"ff02::1%lo", AF_INET6, "ff02::1%lo", false},
	{"fe80::7%999999", AF_INET6, "fe80::7%999999", false},
	{"fe80::7", AF_INET6, "fe80::7", false},
	{"fe80::7%0", AF_UNSPEC, NULL, false},
	{"fe80::7%nothere0", AF_UNSPEC, NULL, false},
	{"fe80::7%9999999999", AF_UNSPEC, NULL, false},
	{"fd00::7%lo", AF_UNSPEC, NULL, false},
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
	static const char *const hosts[] = {"10.0.0.1", "10.0.0.2", "::1", "/a", "/ab", "fe80::7%1", "fe80::7%2"};

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

/* As a DNS record has it. What was in the struct before does not stay there, since addresses are compared as bytes. */
static void test_of_bytes(void **state)
{
	static const unsigned char bytes[16] = {0xfd, [15] = 2};
	static const struct {
		int family;
		const char *text;
	} rows[] = {{AF_INET, "253.0.0.0"}, {AF_INET6, "fd00::2"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct address expected, address;
		char text[ADDRESS_TEXT_MAX];

		memset(&address, 0x55, sizeof(address));
		address_of_bytes(&address, rows[i].family, bytes);
		address_of_host(&expected, rows[i].text, 0);
		check_text(rows[i].text, address_text(&address, text, sizeof(text)), rows[i].text);
		check(rows[i].text, address_is_equal(&address, &expected));
		check_int("no port yet", address_port(&address), 0);
		address_set_port(&address, 5432);
		check_int("a port", address_port(&address), 5432);
		address_of_host(&expected, rows[i].text, 5432);
		check("as if it was given with it", address_is_equal(&address, &expected));
	}
}

/* Each address is in a list once, and in the order in which it came. */
static void test_a_list(void **state)
{
	static const char *const hosts[] = {"10.0.0.2", "fd00::2", "10.0.0.1", "10.0.0.2", "fd00::2", "10.0.0.3"};
	static const char *const expected[] = {"10.0.0.2", "fd00::2", "10.0.0.1", "10.0.0.3"};
	struct address_list list = {0};
	struct address address;

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		address_of_host(&address, hosts[i], 1);
		address_list_add(&list, &address);
		check(hosts[i], address_list_has(&list, &address));
	}
	check_int("each once", (long long)list.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		char text[ADDRESS_TEXT_MAX];

		check_text("in order", address_text(&list.entries[i], text, sizeof(text)), expected[i]);
	}
	address_of_host(&address, "10.0.0.2", 2);
	check("another port is another address", !address_list_has(&list, &address));
	address_list_release(&list);
	check("empty", list.count == 0 && !list.entries);
	check("and knows nothing", !address_list_has(&list, &address));
	address_list_release(&list);
}

/* Each is compared with each, so there is a limit. */
static void test_a_full_list(void **state)
{
	struct address_list list = {0};
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (int i = 0; i < ADDRESS_LIST_MAX + 10; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 200, i % 200);
		address_of_host(&address, text, 0);
		address_list_add(&list, &address);
		check_int(text, (long long)list.count, i < ADDRESS_LIST_MAX ? i + 1 : ADDRESS_LIST_MAX);
	}
	check_text("the last that there was room for",
		   address_text(&list.entries[ADDRESS_LIST_MAX - 1], text, sizeof(text)), "10.0.1.55");
	address_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_host), cmocka_unit_test(test_the_longest_path),
		cmocka_unit_test(test_equal),     cmocka_unit_test(test_of_bytes),
		cmocka_unit_test(test_a_list),    cmocka_unit_test(test_a_full_list),
	};

	return unit_main(tests);
}
