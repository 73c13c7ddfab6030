#include "unit.h"

#include <sys/socket.h>

#include "asker.h"
#include "own_files.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static const struct name_server_row server_rows[] = {
	{.name = "db", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
	{.name = "db.test", .a = {"10.0.0.3", "10.0.0.4", "10.0.0.5"}},
	{.name = "broken.test", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "refused.test", .rcode_a = NAME_SERVER_REFUSED, .rcode_aaaa = NAME_SERVER_REFUSED},
	{.name = "silent.test", .holds_a = true, .holds_aaaa = true},
	{.name = "half.test", .a = {"10.0.0.6"}, .holds_aaaa = true},
};

struct ask_row {
	const char *name;
	int family;
	enum outcome_kind kind;
	const char *addresses;
};

static void check_asked(const struct ask_row *rows, size_t count, struct unit_loop *unit, struct dns *dns)
{
	for (size_t i = 0; i < count; i++) {
		struct asker asker;

		asker_wait(&asker, unit, dns, rows[i].name, rows[i].family);
		check_int(rows[i].name, asker.outcome.kind, rows[i].kind);
		check_text(rows[i].name, asker.addresses, rows[i].addresses);
		check(rows[i].name, asker.without_port);
	}
}

#define LABEL_64 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd"

/* Names for which no server is asked, so that this runs on every machine. */
static void test_without_a_server(void **state)
{
	static const struct ask_row rows[] = {
		{"10.1.2.3", AF_INET, OUTCOME_READY, "10.1.2.3"},
		{"fd00::9", AF_INET6, OUTCOME_READY, "fd00::9"},
		{"peer.localhost", AF_INET, OUTCOME_READY, "127.0.0.1"}, /* RFC 6761, 6.3 */
		{"peer.localhost", AF_INET6, OUTCOME_READY, "::1"},
		{"service.onion", AF_INET, OUTCOME_NO_NAME, ""}, /* RFC 7686: never asked for */
		{LABEL_64 ".test", AF_INET, OUTCOME_NO_NAME, ""},
	};
	struct unit_loop unit;
	struct dns *dns;

	(void)state;
	unit_loop_open(&unit);
	dns = dns_new(unit.loop);
	check_asked(rows, COUNT(rows), &unit, dns);
	dns_free(dns);
	unit_loop_close(&unit);
}

/* /etc/hosts is used before the server, which gives other answers here, and also without a server. */
static void test_hosts(void **state)
{
	static const struct ask_row rows[] = {
		{"one.test", AF_INET, OUTCOME_READY, "10.1.0.1"},
		{"ONE.test", AF_INET, OUTCOME_READY, "10.1.0.1"},
		{"alias", AF_INET, OUTCOME_READY, "10.1.0.1"},
		{"both.test", AF_INET, OUTCOME_READY, "10.1.0.2 10.1.0.3"},
		{"both.test", AF_INET6, OUTCOME_READY, "fd00::2"},
		{"under_score", AF_INET, OUTCOME_READY, "10.1.0.4"}, /* FACTS 16 */
		{"localhost", AF_INET, OUTCOME_READY, "127.0.0.1"},
		/* A name in /etc/hosts with one family only has no address in the other. */
		{"one.test", AF_INET6, OUTCOME_NO_ADDRESS, ""},
		{"db", AF_INET, OUTCOME_READY, "10.1.0.5"},
		{"db", AF_INET6, OUTCOME_NO_ADDRESS, ""},
		{"six.test", AF_INET6, OUTCOME_READY, "fd00::6"},
		{"six.test", AF_INET, OUTCOME_NO_ADDRESS, ""},
	};
	struct name_server server;
	struct unit_loop unit;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, server_rows, COUNT(server_rows));
	asker_use_server(&server);
	own_files_write(OWN_HOSTS,
			"127.0.0.1 localhost\n10.1.0.1 one.test alias\n10.1.0.2 both.test\n10.1.0.3 both.test\n"
			"fd00::2 both.test\n10.1.0.4 under_score\n10.1.0.5 db\nfd00::6 six.test\n");
	dns = dns_new(unit.loop);
	check_asked(rows, COUNT(rows), &unit, dns);
	check_int("nobody was asked", server.asked, 0);
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

/* Two questions are open and one is dropped before its answer. The other is still answered. */
static void test_drop(void **state)
{
	struct unit_loop unit;
	struct asker kept, dropped;
	struct dns *dns;

	(void)state;
	unit_loop_open(&unit);
	dns = dns_new(unit.loop);
	dns_drop(NULL);
	asker_ask(&dropped, &unit, dns, "10.0.0.1", AF_INET);
	asker_ask(&kept, &unit, dns, "10.0.0.2", AF_INET);
	dns_drop(dropped.question);
	unit_loop_run(&unit, "kept");
	unit_loop_settle(&unit);
	check_int("dropped", dropped.answers, 0);
	check_int("kept", kept.answers, 1);
	check_text("kept", kept.addresses, "10.0.0.2");
	dns_free(dns);
	dns = dns_new(unit.loop); /* a resolver without any question */
	dns_free(dns);
	dns_free(NULL);
	unit_loop_close(&unit);
}

/* What a server may answer: FACTS 10 to 12. */
static void test_answers(void **state)
{
	static const struct ask_row rows[] = {
		{"db", AF_INET, OUTCOME_READY, "10.0.0.2"},
		{"db", AF_INET6, OUTCOME_READY, "fd00::2"},
		{"db.", AF_INET, OUTCOME_READY, "10.0.0.2"},
		{"DB", AF_INET, OUTCOME_READY, "10.0.0.2"},
		{"db.test", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4 10.0.0.5"},
		{"db.test", AF_INET6, OUTCOME_NO_ADDRESS, ""},
		{"nosuch.test", AF_INET, OUTCOME_NO_NAME, ""},
		{"nosuch.test", AF_INET6, OUTCOME_NO_NAME, ""},
		{"broken.test", AF_INET, OUTCOME_DNS_FAILED, ""},
		{"refused.test", AF_INET, OUTCOME_DNS_FAILED, ""},
	};
	struct name_server server;
	struct unit_loop unit;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, server_rows, COUNT(server_rows));
	asker_use_server(&server);
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	dns = dns_new(unit.loop);
	check_asked(rows, COUNT(rows), &unit, dns);
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

/* No answer is cached: neither NXDOMAIN nor an address (FACTS 10, 14). */
static void test_nothing_is_cached(void **state)
{
	static const struct name_server_row steps[][1] = {
		{{.name = "other.test"}},
		{{.name = "db.test", .a = {"10.0.0.2"}}},
		{{.name = "db.test", .a = {"10.0.0.3"}}},
		{{.name = "other.test"}},
	};
	static const char *const expected[] = {"", "10.0.0.2", "10.0.0.3", ""};
	struct name_server server;
	struct unit_loop unit;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, NULL, 0);
	asker_use_server(&server);
	dns = dns_new(unit.loop);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct asker asker;

		server.rows = steps[i];
		server.row_count = 1;
		asker_wait(&asker, &unit, dns, "db.test", AF_INET);
		check_text("as it is now", asker.addresses, expected[i]);
	}
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

/* A lost answer for one family does not delay the other (FACTS 13). */
static void test_families_are_apart(void **state)
{
	struct asker v4, v6;
	struct name_server server;
	struct unit_loop unit;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, server_rows, COUNT(server_rows));
	asker_use_server(&server);
	dns = dns_new(unit.loop);
	asker_ask(&v6, &unit, dns, "half.test", AF_INET6);
	asker_wait(&v4, &unit, dns, "half.test", AF_INET);
	check_text("v4", v4.addresses, "10.0.0.6");
	check_int("v6 is still out", v6.answers, 0);
	dns_drop(v6.question); /* c-ares has not answered it yet */
	unit_loop_settle(&unit);
	dns_free(dns);
	check_int("and never told", v6.answers, 0);
	name_server_close(&server);
	unit_loop_close(&unit);
}

/* c-ares gives up by itself, and the outcome says that DNS was silent (FACTS 13). */
static void test_silence(void **state)
{
	struct name_server server;
	struct unit_loop unit;
	struct asker asker;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, server_rows, COUNT(server_rows));
	asker_use_server(&server);
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	dns = dns_new(unit.loop);
	asker_wait(&asker, &unit, dns, "silent.test", AF_INET);
	check_int("silence", asker.outcome.kind, OUTCOME_DNS_SILENT);
	check("asked more than once", server.asked > 1);
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_server),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nothing_is_cached),
		cmocka_unit_test(test_families_are_apart),
		cmocka_unit_test(test_silence),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
