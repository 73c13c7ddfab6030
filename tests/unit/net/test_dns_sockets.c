/* dns.c and its sockets: TCP, and what is left open. */
#include "unit.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "descriptors.h"
#include "dns_rig.h"

static const struct name_server_row server_rows[] = {
	{.name = "db.test", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
	{.name = "broken.test", .rcode_a = NAME_SERVER_SERVFAIL},
	{.name = "long.test", .a = {"10.0.0.3", "10.0.0.4"}, .cuts = true},
	{.name = "silent.test", .a = {"10.0.0.8"}, .holds_a = true},
};

static void check_ask(const char *row, struct dns_rig *rig, const char *name, int family, enum outcome_kind kind,
		      const char *addresses)
{
	struct asker asker;

	asker_wait(&asker, &rig->unit, rig->dns, name, family);
	check_int(row, asker.outcome.kind, kind);
	check_text(row, asker.addresses, addresses);
}

/* options use-vc */
static void test_tcp(void **state)
{
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	rig.conf.use_tcp = true;
	name_server_listen(&rig.servers[0]);
	check_ask("A", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	check_ask("AAAA", &rig, "db.test", AF_INET6, OUTCOME_READY, "fd00::2");
	check_ask("no name", &rig, "nosuch.test", AF_INET, OUTCOME_NO_NAME, "");
	check_ask("an error", &rig, "broken.test", AF_INET, OUTCOME_DNS_FAILED, "");
	check_ask("a long answer", &rig, "long.test", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4");
	/* Over TCP an error is asked for twice: it may be that of a connection which the server has just closed. */
	check_int("all over TCP", rig.servers[0].asked_tcp, 6);
	check_int("nothing else", rig.servers[0].asked, 6);
	dns_rig_close(&rig);
}

/* Two questions at a time, one connection. */
static void test_tcp_both_families(void **state)
{
	struct asker v4, v6;
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	rig.conf.use_tcp = true;
	name_server_listen(&rig.servers[0]);
	asker_ask(&v6, &rig.unit, rig.dns, "db.test", AF_INET6);
	asker_ask(&v4, &rig.unit, rig.dns, "db.test", AF_INET);
	for (int i = 0; i < 3; i++) /* each answer stops the loop */
		unit_loop_settle(&rig.unit);
	check_text("AAAA", v6.addresses, "fd00::2");
	check_text("A", v4.addresses, "10.0.0.2");
	check_int("one connection", (long long)rig.servers[0].stream_count, 1);
	dns_rig_close(&rig);
}

/* The server closes the connection between two questions. */
static void test_tcp_closed_by_the_server(void **state)
{
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	rig.conf.use_tcp = true;
	name_server_listen(&rig.servers[0]);
	for (int i = 0; i < 3; i++) {
		check_ask("again", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
		name_server_hang_up(&rig.servers[0]);
		unit_loop_settle(&rig.unit); /* the resolver hears of it */
	}
	dns_rig_close(&rig);
}

/* Nobody listens for TCP: an error, and no silence. */
static void test_tcp_refused(void **state)
{
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	rig.conf.use_tcp = true;
	for (int i = 0; i < 3; i++)
		check_ask("refused", &rig, "db.test", AF_INET, OUTCOME_DNS_FAILED, "");
	check_int("nothing else", rig.servers[0].asked, 0);
	name_server_listen(&rig.servers[0]);
	check_ask("it is there now", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	dns_rig_close(&rig);
}

/* An answer that does not fit into UDP is fetched over TCP. */
static void test_a_cut_answer(void **state)
{
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	check_ask("without TCP", &rig, "long.test", AF_INET, OUTCOME_DNS_FAILED, "");
	name_server_listen(&rig.servers[0]);
	for (int i = 0; i < 2; i++)
		check_ask("with TCP", &rig, "long.test", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4");
	check_int("two over TCP", rig.servers[0].asked_tcp, 2);
	check_ask("a short answer", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	check_int("still two", rig.servers[0].asked_tcp, 2);
	dns_rig_close(&rig);
}

/* Whatever happened, dns_reset and dns_free leave nothing open. */
static void test_nothing_stays_open(void **state)
{
	int before, during;
	struct asker asker;
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 2, server_rows, COUNT(server_rows));
	name_server_listen(&rig.servers[0]);
	before = descriptors_count();
	for (int i = 0; i < 50; i++) {
		check_ask("an answer", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
		check_ask("an error", &rig, "broken.test", AF_INET, OUTCOME_DNS_FAILED, "");
		asker_ask(&asker, &rig.unit, rig.dns, "silent.test", AF_INET);
		dns_drop(asker.question);
	}
	during = descriptors_count() - before;
	check("few sockets", during >= 1 && during <= 8);
	dns_reset(rig.dns);
	check_int("after a reset", descriptors_count(), before);
	check_ask("an answer", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	dns_free(rig.dns);
	check_int("at the end", descriptors_count(), before);
	rig.dns = NULL;
	dns_rig_close(&rig);
}

/* Sockets that nobody needs are closed after a while, for the app's sake: an idle wait may last for hours. */
static void test_idle_sockets(void **state)
{
	struct dns_rig rig;
	int before;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	before = descriptors_count();
	check_ask("an answer", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	check("kept for the next question", descriptors_count() > before);
	for (int i = 0; i < 2; i++) /* the guard of the loop has 10 s */
		dns_rig_pause(&rig, 5200 * CLOCK_MS);
	check_int("closed", descriptors_count(), before);
	check_ask("and opened again", &rig, "db.test", AF_INET, OUTCOME_READY, "10.0.0.2");
	dns_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_both_families),
		cmocka_unit_test(test_tcp_closed_by_the_server),
		cmocka_unit_test(test_tcp_refused),
		cmocka_unit_test(test_a_cut_answer),
		cmocka_unit_test(test_nothing_stays_open),
		cmocka_unit_test(test_idle_sockets),
	};

	return unit_main(tests);
}
