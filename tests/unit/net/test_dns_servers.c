/* dns.c with more than one server: which of them is asked, and when. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "dns_rig.h"

static const struct name_server_row good[] = {{.name = "db.test", .a = {"10.0.0.1"}}};
static const struct name_server_row better[] = {{.name = "db.test", .a = {"10.0.0.2"}}};
static const struct name_server_row silent[] = {{.name = "db.test", .a = {"10.0.0.3"}, .holds_a = true}};
static const struct name_server_row failing[] = {{.name = "db.test", .rcode_a = NAME_SERVER_SERVFAIL}};
static const struct name_server_row refusing[] = {{.name = "db.test", .rcode_a = NAME_SERVER_REFUSED}};
static const struct name_server_row unable[] = {{.name = "db.test", .rcode_a = NAME_SERVER_NOTIMP}};
static const struct name_server_row empty[] = {{.name = "db.test"}};
static const struct name_server_row others[] = {{.name = "other.test"}};

/* A server without a name: NXDOMAIN. */
static void open_rig(struct dns_rig *rig, const struct name_server_row *first, const struct name_server_row *second)
{
	dns_rig_open(rig, 2, NULL, 0);
	dns_rig_set_rows(rig, 0, first, 1);
	dns_rig_set_rows(rig, 1, second, 1);
}

static void ask(struct dns_rig *rig, struct asker *asker)
{
	asker_ask(asker, &rig->unit, rig->dns, "db.test", AF_INET);
}

/* Some turns of the loop, far less than a server has time to answer. */
static void settle(struct dns_rig *rig)
{
	for (int i = 0; i < 3; i++) /* an answer stops the loop */
		unit_loop_settle(&rig->unit);
}

static void check_counts(const char *row, const struct dns_rig *rig, unsigned first, unsigned second)
{
	check_int(row, rig->servers[0].asked, first);
	check_int(row, rig->servers[1].asked, second);
}

/* An answer of the first server is the answer, also if it says that there is nothing. */
static void test_the_first_knows(void **state)
{
	static const struct {
		const char *name;
		const struct name_server_row *first;
		enum outcome_kind kind;
		const char *addresses;
	} rows[] = {
		{"an address", good, OUTCOME_READY, "10.0.0.1"},
		{"no address", empty, OUTCOME_NO_ADDRESS, ""},
		{"no such name", others, OUTCOME_NO_NAME, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dns_rig rig;
		struct asker asker;

		open_rig(&rig, rows[i].first, better);
		for (unsigned j = 1; j <= 2; j++) {
			ask(&rig, &asker);
			check(rows[i].name, name_server_is_asked(&rig.servers[0]));
			check(rows[i].name, !name_server_is_asked(&rig.servers[1]));
			settle(&rig);
			check_int(rows[i].name, asker.answers, 1);
			check_int(rows[i].name, asker.outcome.kind, rows[i].kind);
			check_text(rows[i].name, asker.addresses, rows[i].addresses);
			check_counts(rows[i].name, &rig, j, 0);
		}
		dns_rig_close(&rig);
	}
}

/* A server that cannot tell: the next one is asked at once. */
static void test_the_first_fails(void **state)
{
	static const struct {
		const char *name;
		const struct name_server_row *first, *second;
		enum outcome_kind kind;
		const char *addresses;
	} rows[] = {
		{"SERVFAIL", failing, better, OUTCOME_READY, "10.0.0.2"},
		{"REFUSED", refusing, better, OUTCOME_READY, "10.0.0.2"},
		{"NOTIMP", unable, better, OUTCOME_READY, "10.0.0.2"},
		{"no address", failing, empty, OUTCOME_NO_ADDRESS, ""},
		{"no such name", failing, others, OUTCOME_NO_NAME, ""},
		{"both fail", failing, refusing, OUTCOME_DNS_FAILED, ""},
		{"both fail", refusing, failing, OUTCOME_DNS_FAILED, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dns_rig rig;
		struct asker asker;

		open_rig(&rig, rows[i].first, rows[i].second);
		for (unsigned j = 1; j <= 2; j++) {
			ask(&rig, &asker);
			check(rows[i].name, !name_server_is_asked(&rig.servers[1]));
			settle(&rig);
			check_int(rows[i].name, asker.answers, 1);
			check_int(rows[i].name, asker.outcome.kind, rows[i].kind);
			check_text(rows[i].name, asker.addresses, rows[i].addresses);
			check_counts(rows[i].name, &rig, j, j);
		}
		dns_rig_close(&rig);
	}
}

/* The kernel says that nobody listens there (FACTS 12). */
static void test_the_first_is_down(void **state)
{
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, good, better);
	dns_rig_stop_server(&rig, 0);
	ask(&rig, &asker);
	settle(&rig);
	check_int("at once", asker.answers, 1);
	check_text("the second", asker.addresses, "10.0.0.2");
	dns_rig_stop_server(&rig, 1);
	ask(&rig, &asker);
	settle(&rig);
	check_int("both, at once", asker.answers, 1);
	check_int("both", asker.outcome.kind, OUTCOME_DNS_FAILED);
	check("and why", asker.outcome.detail[0] != '\0');
	dns_rig_close(&rig);
}

/* A nameserver line that c-ares does not understand is as good as a server that fails. */
static void test_no_server(void **state)
{
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, good, better);
	dns_rig_set_server(&rig, 0, "nonsense");
	ask(&rig, &asker);
	settle(&rig);
	check_int("the second", asker.answers, 1);
	check_text("the second", asker.addresses, "10.0.0.2");
	dns_reset(rig.dns);
	dns_rig_set_server(&rig, 1, "10.0.0.256");
	for (int i = 0; i < 2; i++) {
		ask(&rig, &asker);
		settle(&rig);
		check_int("none", asker.answers, 1);
		check_int("none", asker.outcome.kind, OUTCOME_LOCAL);
		check_has("none", asker.outcome.detail, "/etc/resolv.conf");
		check_text("none", asker.addresses, "");
	}
	ask(&rig, &asker);
	dns_drop(asker.question);
	dns_rig_close(&rig);
	check_int("dropped", asker.answers, 0);
}

/*
 * A silent server costs 0.5 s, and only the first question: later ones ask the next server at the same time, until the
 * silent one answers again.
 */
static void test_the_first_is_silent(void **state)
{
	int64_t began = clock_now();
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, silent, better);
	ask(&rig, &asker);
	check("the first alone", !name_server_is_asked(&rig.servers[1]));
	unit_loop_run(&rig.unit, "the second");
	check("after 0.5 s", clock_now() - began >= 500 * CLOCK_MS);
	check_text("the second", asker.addresses, "10.0.0.2");
	check_counts("each once", &rig, 1, 1);
	for (unsigned i = 2; i <= 3; i++) {
		ask(&rig, &asker);
		check("at the same time", name_server_is_asked(&rig.servers[0]));
		check("at the same time", name_server_is_asked(&rig.servers[1]));
		settle(&rig);
		check_int("at once", asker.answers, 1);
		check_text("the second", asker.addresses, "10.0.0.2");
		check_counts("both", &rig, i, i);
	}
	/* Now the first answers, and the second does not. */
	dns_rig_set_rows(&rig, 0, good, 1);
	dns_rig_set_rows(&rig, 1, silent, 1);
	ask(&rig, &asker);
	check("still at the same time", name_server_is_asked(&rig.servers[1]));
	settle(&rig);
	check_text("the first", asker.addresses, "10.0.0.1");
	ask(&rig, &asker);
	check("the first alone", !name_server_is_asked(&rig.servers[1]));
	settle(&rig);
	check_text("the first", asker.addresses, "10.0.0.1");
	check_counts("the first alone", &rig, 5, 4);
	dns_rig_close(&rig);
}

/* It answers again, but each time after the other one: it counts as silent no more. */
static void test_a_silent_one_that_is_second(void **state)
{
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, silent, others);
	ask(&rig, &asker);
	unit_loop_run(&rig.unit, "the second");
	check_int("the second", asker.outcome.kind, OUTCOME_NO_NAME);
	ask(&rig, &asker);
	settle(&rig);
	check_int("both", asker.answers, 1);
	name_server_release(&rig.servers[0]);
	settle(&rig);
	dns_rig_set_rows(&rig, 0, good, 1);
	ask(&rig, &asker);
	check("the first alone", !name_server_is_asked(&rig.servers[1]));
	settle(&rig);
	check_text("the first", asker.addresses, "10.0.0.1");
	dns_rig_close(&rig);
}

/* What a server did is forgotten when others may have taken its place. */
static void test_reset(void **state)
{
	struct dns_rig rig;
	struct asker asker, dropped;

	(void)state;
	open_rig(&rig, silent, better);
	ask(&rig, &asker);
	unit_loop_run(&rig.unit, "the second");
	ask(&rig, &dropped);
	dns_drop(dropped.question);
	dns_reset(rig.dns);
	unit_loop_settle(&rig.unit); /* the servers take what was sent */
	dns_rig_set_rows(&rig, 0, good, 1);
	ask(&rig, &asker);
	check("the first alone", !name_server_is_asked(&rig.servers[1]));
	settle(&rig);
	check_text("the first", asker.addresses, "10.0.0.1");
	name_server_release(&rig.servers[0]); /* nobody is there any more who asked */
	settle(&rig);
	check_int("dropped", dropped.answers, 0);
	dns_rig_close(&rig);
}

/* The servers are another list, and a shorter one. */
static void test_reset_to_other_servers(void **state)
{
	struct dns_rig rig;
	struct asker asker;
	char *kept;

	(void)state;
	open_rig(&rig, good, better);
	ask(&rig, &asker);
	settle(&rig);
	check_text("the first", asker.addresses, "10.0.0.1");
	kept = rig.conf.servers[0];
	rig.conf.servers[0] = rig.conf.servers[1];
	rig.conf.servers[1] = kept;
	rig.conf.server_count = 1;
	dns_reset(rig.dns);
	for (int i = 0; i < 2; i++) {
		ask(&rig, &asker);
		settle(&rig);
		check_text("the one that is now the only one", asker.addresses, "10.0.0.2");
	}
	check_counts("only it", &rig, 1, 2);
	rig.conf.server_count = 2;
	dns_rig_close(&rig);
}

/* The second server has failed; the first was only slow, and its answer counts. */
static void test_a_late_answer_after_an_error(void **state)
{
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, silent, failing);
	ask(&rig, &asker);
	while (!rig.servers[1].asked)
		settle(&rig);
	settle(&rig);
	check_int("an error of one is no answer", asker.answers, 0);
	name_server_release(&rig.servers[0]);
	unit_loop_run(&rig.unit, "the first at last");
	settle(&rig);
	check_int("once", asker.answers, 1);
	check_text("the first at last", asker.addresses, "10.0.0.3");
	dns_rig_close(&rig);
}

/* An error and silence: the silence is the outcome, since the other server may know the name. */
static void test_an_error_and_silence(void **state)
{
	int64_t began = clock_now();
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	open_rig(&rig, failing, silent);
	ask(&rig, &asker);
	unit_loop_run(&rig.unit, "silence");
	check_int("silence", asker.outcome.kind, OUTCOME_DNS_SILENT);
	check("about 8.5 s", clock_now() - began >= 7 * CLOCK_S);
	check("the silent one was asked again", rig.servers[1].asked > 1);
	dns_rig_close(&rig);
}

/* The third is asked after 0.5 s and 1 s more; then nobody waits for the first two. */
static void test_three_servers(void **state)
{
	int64_t began = clock_now();
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	dns_rig_open(&rig, 3, silent, 1);
	dns_rig_set_rows(&rig, 2, better, 1);
	ask(&rig, &asker);
	unit_loop_run(&rig.unit, "the third");
	check("after 1.5 s", clock_now() - began >= 1500 * CLOCK_MS);
	check_text("the third", asker.addresses, "10.0.0.2");
	check_counts("each once", &rig, 1, 1);
	check_int("each once", rig.servers[2].asked, 1);
	ask(&rig, &asker);
	for (size_t i = 0; i < 3; i++)
		check("all at the same time", name_server_is_asked(&rig.servers[i]));
	settle(&rig);
	check_int("at once", asker.answers, 1);
	dns_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_knows),
		cmocka_unit_test(test_the_first_fails),
		cmocka_unit_test(test_the_first_is_down),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_the_first_is_silent),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_a_silent_one_that_is_second),
		cmocka_unit_test(test_reset_to_other_servers),
		cmocka_unit_test(test_a_late_answer_after_an_error),
		cmocka_unit_test(test_an_error_and_silence),
		cmocka_unit_test(test_three_servers),
	};

	return unit_main(tests);
}
