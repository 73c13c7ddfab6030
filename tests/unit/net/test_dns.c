#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "dns_rig.h"

static const struct name_server_row server_rows[] = {
	{.name = "db", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
	{.name = "db.test", .a = {"10.0.0.3", "10.0.0.4", "10.0.0.5"}},
	{.name = "my_db", .a = {"10.0.0.7"}},
	{.name = "twice.test", .a = {"10.0.0.5", "10.0.0.5"}},
	{.name = "broken.test", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "refused.test", .rcode_a = NAME_SERVER_REFUSED, .rcode_aaaa = NAME_SERVER_REFUSED},
	{.name = "silent.test", .a = {"10.0.0.8"}, .holds_a = true, .holds_aaaa = true},
	{.name = "half.test", .a = {"10.0.0.6"}, .aaaa = {"fd00::6"}, .holds_aaaa = true},
};

struct ask_row {
	const char *name;
	int family;
	enum outcome_kind kind;
	const char *addresses;
	unsigned asked; /* so often was the server */
};

static void check_asked(const struct ask_row *rows, size_t count, const struct name_server_row *answers,
			size_t answer_count)
{
	struct dns_rig rig;

	dns_rig_open(&rig, 1, answers, answer_count);
	for (size_t i = 0; i < count; i++) {
		struct asker asker;

		rig.servers[0].asked = 0;
		asker_wait(&asker, &rig.unit, rig.dns, rows[i].name, rows[i].family);
		check_int(rows[i].name, asker.outcome.kind, rows[i].kind);
		check_text(rows[i].name, asker.addresses, rows[i].addresses);
		check(rows[i].name, asker.without_port);
		check_int(rows[i].name, rig.servers[0].asked, rows[i].asked);
	}
	dns_rig_close(&rig);
}

/* What a server may answer: FACTS 10 to 12. */
static void test_answers(void **state)
{
	static const struct ask_row rows[] = {
		{"db", AF_INET, OUTCOME_READY, "10.0.0.2", 1},
		{"db", AF_INET6, OUTCOME_READY, "fd00::2", 1},
		{"db.", AF_INET, OUTCOME_READY, "10.0.0.2", 1},
		{"DB", AF_INET, OUTCOME_READY, "10.0.0.2", 1},
		{"Db.tEST", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4 10.0.0.5", 1},
		{"db.test", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4 10.0.0.5", 1},
		{"db.test.", AF_INET, OUTCOME_READY, "10.0.0.3 10.0.0.4 10.0.0.5", 1},
		{"my_db", AF_INET, OUTCOME_READY, "10.0.0.7", 1}, /* FACTS 16 */
		{"twice.test", AF_INET, OUTCOME_READY, "10.0.0.5", 1},
		{"db.test", AF_INET6, OUTCOME_NO_ADDRESS, "", 1},
		{"nosuch.test", AF_INET, OUTCOME_NO_NAME, "", 1},
		{"nosuch.test", AF_INET6, OUTCOME_NO_NAME, "", 1},
		{"broken.test", AF_INET, OUTCOME_DNS_FAILED, "", 1},
		{"broken.test", AF_INET6, OUTCOME_DNS_FAILED, "", 1},
		{"refused.test", AF_INET, OUTCOME_DNS_FAILED, "", 1},
		/* The name is complete: nothing is added to it, and no file is read (lookup.h). */
		{"localhost", AF_INET, OUTCOME_NO_NAME, "", 1},
		{"db.test.local", AF_INET, OUTCOME_NO_NAME, "", 1},
	};

	(void)state;
	check_asked(rows, COUNT(rows), server_rows, COUNT(server_rows));
}

#define LABEL_63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"

/* Names that cannot be sent, beside those that just can: no server is asked. */
static void test_names_that_do_not_exist(void **state)
{
	static const struct ask_row rows[] = {
		{LABEL_63 ".test", AF_INET, OUTCOME_NO_NAME, "", 1},
		{LABEL_63 "d.test", AF_INET, OUTCOME_NO_NAME, "", 0},
		{"a..test", AF_INET, OUTCOME_NO_NAME, "", 0},
		{".test", AF_INET, OUTCOME_NO_NAME, "", 0},
		/* 253 bytes are the most that fit into a query. */
		{LABEL_63 "." LABEL_63 "." LABEL_63 "."
			  "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija",
		 AF_INET, OUTCOME_NO_NAME, "", 1},
		{LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ".", AF_INET, OUTCOME_NO_NAME, "", 0},
		{LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ".test", AF_INET6, OUTCOME_NO_NAME, "", 0},
	};

	(void)state;
	check_asked(rows, COUNT(rows), server_rows, COUNT(server_rows));
}

/* Two questions are open and one is dropped before its answer. The other is still answered. */
static void test_drop(void **state)
{
	static const char long_name[300] = {[0 ... 298] = 'x'};
	static const char *const names[] = {"db", "silent.test", "nosuch.test", long_name};
	struct asker kept, dropped;

	(void)state;
	dns_drop(NULL);
	dns_free(NULL);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct dns_rig rig;

		dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
		asker_ask(&dropped, &rig.unit, rig.dns, names[i], AF_INET);
		asker_ask(&kept, &rig.unit, rig.dns, "db.test", AF_INET);
		dns_drop(dropped.question);
		unit_loop_run(&rig.unit, "kept");
		name_server_release(&rig.servers[0]);
		unit_loop_settle(&rig.unit);
		check_int(names[i], dropped.answers, 0);
		check_int("kept", kept.answers, 1);
		check_text("kept", kept.addresses, "10.0.0.3 10.0.0.4 10.0.0.5");
		/* One whose answer is never read. */
		asker_ask(&dropped, &rig.unit, rig.dns, names[i], AF_INET6);
		dns_drop(dropped.question);
		dns_rig_close(&rig);
		check_int(names[i], dropped.answers, 0);
	}
}

/* No answer is cached: neither NXDOMAIN nor an address (FACTS 10, 14). */
static void test_nothing_is_cached(void **state)
{
	static const struct name_server_row steps[][1] = {
		{{.name = "other.test"}},
		{{.name = "db.test", .a = {"10.0.0.2"}}},
		{{.name = "db.test", .a = {"10.0.0.3"}}},
		{{.name = "db.test"}},
		{{.name = "db.test", .a = {"10.0.0.3"}}},
		{{.name = "other.test"}},
	};
	static const char *const expected[] = {"", "10.0.0.2", "10.0.0.3", "", "10.0.0.3", ""};
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, NULL, 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct asker asker;

		dns_rig_set_rows(&rig, 0, steps[i], 1);
		asker_wait(&asker, &rig.unit, rig.dns, "db.test", AF_INET);
		check_text("as it is now", asker.addresses, expected[i]);
	}
	check_int("each was a question", rig.servers[0].asked, COUNT(steps));
	dns_rig_close(&rig);
}

/* A lost answer for one family does not delay the other (FACTS 13). */
static void test_families_are_apart(void **state)
{
	struct asker v4, v6;
	struct dns_rig rig;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	asker_ask(&v6, &rig.unit, rig.dns, "half.test", AF_INET6);
	asker_wait(&v4, &rig.unit, rig.dns, "half.test", AF_INET);
	check_text("v4", v4.addresses, "10.0.0.6");
	check_int("v6 is still out", v6.answers, 0);
	dns_drop(v6.question); /* c-ares still waits for it */
	unit_loop_settle(&rig.unit);
	dns_rig_close(&rig);
	check_int("and never told", v6.answers, 0);
}

/* 8.5 s of silence are the answer, and until then it is asked more than once. */
static void test_silence(void **state)
{
	int64_t began = clock_now();
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	asker_wait(&asker, &rig.unit, rig.dns, "silent.test", AF_INET);
	check_int("silence", asker.outcome.kind, OUTCOME_DNS_SILENT);
	check("8.5 s", clock_now() - began >= 8500 * CLOCK_MS);
	check_int("asked again", rig.servers[0].asked, 4);
	/* An answer that comes now is too late. */
	name_server_release(&rig.servers[0]);
	unit_loop_settle(&rig.unit);
	check_int("once", asker.answers, 1);
	dns_rig_close(&rig);
}

/* A resolver that takes longer than the first try: its answer counts, however many tries there were. */
static void test_a_late_answer(void **state)
{
	struct name_server *server;
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	server = &rig.servers[0];
	server->stops_at_hold = true;
	asker_ask(&asker, &rig.unit, rig.dns, "silent.test", AF_INET);
	while (server->asked < 2)
		unit_loop_run(&rig.unit, "asked again");
	check_int("not answered yet", asker.answers, 0);
	/* A firewall or a kube-proxy that loses one port's packets does not lose the second try. */
	check("from another port", server->held[0].from.sin_port != server->held[1].from.sin_port);
	check_int("no EDNS record behind the question: some servers do not answer it", server->held[0].data[11], 0);
	server->held_count = 1; /* the second try is lost */
	name_server_release(server);
	unit_loop_run(&rig.unit, "the answer to the first");
	unit_loop_settle(&rig.unit);
	check_int("once", asker.answers, 1);
	check_text("the answer to the first", asker.addresses, "10.0.0.8");
	dns_rig_close(&rig);
}

/* Both tries are answered, with other addresses. */
static void test_two_answers(void **state)
{
	static const struct name_server_row later[] = {{.name = "silent.test", .a = {"10.0.0.9"}}};
	struct name_server *server;
	struct dns_rig rig;
	struct asker asker;

	(void)state;
	dns_rig_open(&rig, 1, server_rows, COUNT(server_rows));
	server = &rig.servers[0];
	asker_ask(&asker, &rig.unit, rig.dns, "silent.test", AF_INET);
	server->stops_at_hold = true;
	unit_loop_run(&rig.unit, "asked");
	dns_rig_set_rows(&rig, 0, later, COUNT(later));
	unit_loop_run(&rig.unit, "asked again, and answered");
	check_text("the first answer", asker.addresses, "10.0.0.9");
	dns_rig_set_rows(&rig, 0, server_rows, COUNT(server_rows));
	name_server_release(server);
	unit_loop_settle(&rig.unit);
	check_int("once", asker.answers, 1);
	check_text("the first answer", asker.addresses, "10.0.0.9");
	dns_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_names_that_do_not_exist),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_nothing_is_cached),
		cmocka_unit_test(test_families_are_apart),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_a_late_answer),
		cmocka_unit_test(test_two_answers),
	};

	return unit_main(tests);
}
