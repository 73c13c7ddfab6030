/* dns.c and the files it follows, /etc/resolv.conf and /etc/hosts. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"
#include "own_files.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

static const struct name_server_row server_rows[] = {
	{.name = "db", .a = {"10.0.0.2"}},
	{.name = "silent.test", .holds_a = true, .holds_aaaa = true},
};

/* If a file changes while a question is open, the question is sent again with the new contents. */
struct change {
	enum own_file file;
	struct name_server *next;
	struct loop_timer timer;
};

static void on_change(void *arg)
{
	struct change *change = arg;

	if (change->file == OWN_HOSTS)
		own_files_write(OWN_HOSTS, "10.0.0.9 silent.test\n");
	else
		asker_use_server(change->next);
}

static void check_change(enum own_file file, const char *expected)
{
	static const struct name_server_row later[] = {{.name = "silent.test", .a = {"10.0.0.8"}}};
	struct name_server silent, next;
	struct change change = {.file = file, .next = &next};
	struct unit_loop unit;
	struct asker asker;
	struct dns *dns;

	unit_loop_open(&unit);
	name_server_open(&silent, &unit, server_rows, COUNT(server_rows));
	name_server_open(&next, &unit, later, COUNT(later));
	asker_use_server(&silent);
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	dns = dns_new(unit.loop);
	silent.stops_at_hold = true;
	asker_ask(&asker, &unit, dns, "silent.test", AF_INET);
	unit_loop_run(&unit, "asked");
	silent.stops_at_hold = false;
	loop_timer_init(unit.loop, &change.timer, on_change, &change);
	loop_timer_set(&change.timer, 0);
	unit_loop_run(&unit, "answered by what changed");
	check_text("answered by what changed", asker.addresses, expected);
	check_int("once", asker.answers, 1);
	dns_free(dns);
	name_server_close(&silent);
	name_server_close(&next);
	unit_loop_close(&unit);
}

/* The container joins a network while its question is open (FACTS 8). */
static void test_resolv_conf_changes_meanwhile(void **state)
{
	(void)state;
	if (!own_files)
		skip();
	check_change(OWN_RESOLV_CONF, "10.0.0.8");
}

/* FACTS 14 */
static void test_hosts_changes_meanwhile(void **state)
{
	(void)state;
	if (!own_files)
		skip();
	check_change(OWN_HOSTS, "10.0.0.9");
}

/*
 * A file is truncated and rewritten in place, so an empty one is ignored (FACTS 9). The next question sees a change
 * immediately.
 */
static void test_files_between_questions(void **state)
{
	struct name_server first, second;
	struct unit_loop unit;
	struct asker asker;
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&first, &unit, server_rows, COUNT(server_rows));
	name_server_open(&second, &unit, server_rows, COUNT(server_rows));
	asker_use_server(&first);
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	dns = dns_new(unit.loop);
	asker_wait(&asker, &unit, dns, "db", AF_INET);
	check_text("the first server", asker.addresses, "10.0.0.2");
	own_files_write(OWN_RESOLV_CONF, "");
	asker_wait(&asker, &unit, dns, "db", AF_INET);
	check_text("still the first", asker.addresses, "10.0.0.2");
	check_int("asked twice", first.asked, 2);
	asker_use_server(&second);
	asker_wait(&asker, &unit, dns, "db", AF_INET);
	check_int("the second", second.asked, 1);
	own_files_write(OWN_HOSTS, "10.0.0.9 db\n");
	asker_wait(&asker, &unit, dns, "db", AF_INET);
	check_text("hosts come first", asker.addresses, "10.0.0.9");
	dns_free(dns);
	name_server_close(&first);
	name_server_close(&second);
	unit_loop_close(&unit);
}

/* A new channel has new sockets. Those of the old one are forgotten, however many there were. */
static void test_many_changes(void **state)
{
	struct name_server server;
	struct unit_loop unit;
	int held[40];
	struct dns *dns;

	(void)state;
	if (!own_files)
		skip();
	unit_loop_open(&unit);
	name_server_open(&server, &unit, server_rows, COUNT(server_rows));
	own_files_write(OWN_HOSTS, "127.0.0.1 localhost\n");
	dns = dns_new(unit.loop);
	for (size_t i = 0; i < COUNT(held); i++) {
		struct asker asker;

		held[i] = dup(STDOUT_FILENO); /* so that the next socket gets another number */
		asker_use_server(&server);
		asker_wait(&asker, &unit, dns, "db", AF_INET);
		check_text("answered", asker.addresses, "10.0.0.2");
	}
	for (size_t i = 0; i < COUNT(held); i++)
		close(held[i]);
	check_int("at the first try", server.asked, COUNT(held));
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

/* A question with an answer that is not delivered yet is not sent again. */
static void test_a_change_before_an_answer_is_told(void **state)
{
	struct asker literal, name;
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
	asker_ask(&literal, &unit, dns, "10.0.0.1", AF_INET);
	own_files_write(OWN_HOSTS, "10.0.0.9 other\n");
	asker_ask(&name, &unit, dns, "other", AF_INET);
	for (int i = 0; i < 3; i++) /* each answer stops the loop */
		unit_loop_settle(&unit);
	check_int("once", literal.answers, 1);
	check_text("once", literal.addresses, "10.0.0.1");
	check_int("the other", name.answers, 1);
	check_text("the other", name.addresses, "10.0.0.9");
	dns_free(dns);
	name_server_close(&server);
	unit_loop_close(&unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolv_conf_changes_meanwhile),
		cmocka_unit_test(test_hosts_changes_meanwhile),
		cmocka_unit_test(test_files_between_questions),
		cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_a_change_before_an_answer_is_told),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
